"""What a service's files looked like at a better time, from every place that may know."""

from collections.abc import Mapping
from pathlib import Path

from prunella.configs.difference import changes
from prunella.configs.files import decode
from prunella.configs.formats import editor_for, format_of
from prunella.configs.known_good import FileKnownGood, git_head, siblings
from prunella.configs.reading import read_config
from prunella.domain.facts import Reference
from prunella.domain.service import Service
from prunella.domain.setting import Setting
from prunella.errors import Unparsable

KNOWN_GOOD = "known good"
GIT_HEAD = "git HEAD"


async def references_of(service: Service, good_name: str, known_good: FileKnownGood) -> tuple[Reference, ...]:
    """For each configuration file: the known good, git's HEAD, and example or backup files beside it."""
    good = await known_good.newest(good_name)
    found = [_reference(path, origin, data) for path in service.config for origin, data in _sources(path, good).items()]
    return tuple(found)


def bytes_at(path: Path, origin: str, good: Mapping[Path, bytes]) -> bytes | None:
    """The whole file as `origin` knows it; None when it knows none."""
    return _sources(path, good).get(origin)


def _sources(path: Path, good: Mapping[Path, bytes]) -> dict[str, bytes]:
    head = git_head(path)
    sources = {KNOWN_GOOD: good[path]} if path in good else {}
    sources |= {GIT_HEAD: head} if head is not None else {}
    return sources | {str(each): each.read_bytes() for each in siblings(path)}


def _reference(path: Path, origin: str, data: bytes) -> Reference:
    text, now = decode(data).text, read_config(path)
    return Reference(
        origin=origin,
        file=path,
        text=text,
        settings=_settings(path, text),
        changes=changes(path, text, now.text, now.format),
    )


def _settings(path: Path, text: str) -> tuple[Setting, ...]:
    editor = editor_for(format_of(path))
    try:
        return editor.settings(text) if editor else ()
    except Unparsable:
        return ()
