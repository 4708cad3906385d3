"""What a service's files looked like at a better time, from every place that may know."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from prunella.configs.difference import changes
from prunella.configs.files import decode, read_bytes
from prunella.configs.formats import editor_for, format_of
from prunella.configs.known_good import FileKnownGood, git_head, siblings
from prunella.configs.reading import read_config
from prunella.domain.facts import ConfigFacts, Reference
from prunella.domain.service import Service
from prunella.domain.setting import Setting
from prunella.errors import Rejected, Unparsable

KNOWN_GOOD = "known good"
GIT_HEAD = "git HEAD"


async def references_of(service: Service, good_name: str, known_good: FileKnownGood) -> tuple[Reference, ...]:
    """For each configuration file: the known good, git's HEAD, and example or backup files beside it.

    Those that are no text are left out: nobody can learn from them.
    """
    good = await known_good.newest(good_name)
    found = await asyncio.gather(*(asyncio.to_thread(_references, path, good) for path in service.config))
    return tuple(reference for each in found for reference in each)


def versions_of(path: Path, good: Mapping[Path, bytes]) -> dict[str, bytes]:
    """The whole file as each origin knows it."""
    head = git_head(path)
    versions = {KNOWN_GOOD: good[path]} if path in good else {}
    versions |= {GIT_HEAD: head} if head is not None else {}
    return versions | dict(_beside(path))


def _beside(path: Path) -> Iterator[tuple[str, bytes]]:
    for each in siblings(path):
        with suppress(Rejected):
            yield str(each), read_bytes(each)


def _references(path: Path, good: Mapping[Path, bytes]) -> tuple[Reference, ...]:
    now, found = read_config(path), list[Reference]()
    for origin, data in versions_of(path, good).items():
        with suppress(Rejected):
            found.append(_reference(path, origin, decode(data).text, now))
    return tuple(found)


def _reference(path: Path, origin: str, text: str, now: ConfigFacts) -> Reference:
    return Reference(
        origin=origin,
        file=path,
        text=text,
        settings=_settings(path, text),
        changes=changes(path, text, now.text, now.format),
    )


def _settings(path: Path, text: str) -> tuple[Setting, ...]:
    editor = editor_for(format_of(path, text))
    try:
        return editor.settings(text) if editor else ()
    except Unparsable:
        return ()
