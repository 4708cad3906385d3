"""What a step is about, in the words that the rules of a fleet file use."""

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.tool import Prepared

_KEYS = {"key", "keys", "setting", "settings"}
_PATHS = {"file", "files", "path", "paths"}
_SERVICES = {"service", "services"}
_CHANGED_LINE = re.compile(r"""^[+-][ \t-]*(?:export[ \t]+)?["']?([\w.-]+)["']?[ \t]*[:=]""", re.MULTILINE)


@dataclass(frozen=True)
class Subjects:
    """The tool's name, the settings and the resources of one step, case folded, as `config:port`, `file:/a/b`.

    `guessed` are settings read from the difference that the step would make: enough to be stricter, not milder.
    """

    tool: str
    settings: frozenset[str]
    resources: frozenset[str]
    guessed: frozenset[str]

    def touched_by(self, pattern: str, folder: Path) -> bool:
        """Does the glob match anything of the step? For rules that forbid or ask."""
        everything = (self.tool, *self.settings, *self.resources, *self.guessed)
        return any(_matches(subject, pattern, folder) for subject in everything)

    def covered_by(self, patterns: Iterable[str], folder: Path) -> str | None:
        """A glob that speaks for the whole step (its tool, or the last of all its resources); else None."""
        patterns = tuple(patterns)
        for subjects in ({self.tool}, self.resources):
            found = [_first_match(subject, patterns, folder) for subject in sorted(subjects)]
            if found and None not in found:
                return found[-1]
        return None


def subjects_of(step: Step, prepared: Prepared, folder: Path) -> Subjects:
    """`folder` is the fleet file's: relative paths in arguments are meant from there."""
    services = {touch.partition(":")[2] for touch in prepared.touches if touch.startswith("service:")}
    services |= set(_texts(step.arguments, _SERVICES))
    return Subjects(
        tool=step.tool.casefold(),
        settings=_settings(_texts(step.arguments, _KEYS), services),
        resources=frozenset({*_touched(prepared), *_named(step, folder)}),
        guessed=_settings(_CHANGED_LINE.findall(prepared.difference), services),
    )


def _settings(keys: Iterable[str], services: Iterable[str]) -> frozenset[str]:
    plain = {key.replace('"', "").casefold() for key in keys}
    owned = {f"config:{service.casefold()}.{key}" for key in plain for service in services}
    return frozenset({f"config:{key}" for key in plain} | owned)


def _touched(prepared: Prepared) -> Iterator[str]:
    for touch in prepared.touches:
        kind, _, name = touch.partition(":")
        yield (f"file:{os.path.normpath(name)}" if kind == "file" else touch).casefold()


def _named(step: Step, folder: Path) -> Iterator[str]:
    for path in _texts(step.arguments, _PATHS):
        yield f"file:{os.path.normpath(folder / path)}".casefold()
    for service in _texts(step.arguments, _SERVICES):
        yield f"service:{service}".casefold()


def _texts(value: JsonValue, names: set[str]) -> Iterator[str]:
    """The texts, also in lists and as the keys of tables, of all arguments that are called one of `names`."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _leaves(inner) if name.casefold() in names else _texts(inner, names)
        case list():
            for inner in value:
                yield from _texts(inner, names)
        case _:
            return


def _leaves(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for inner in value:
                yield from _leaves(inner)
        case dict():
            yield from cast("Mapping[str, JsonValue]", value)
        case _:
            return


def _first_match(subject: str, patterns: tuple[str, ...], folder: Path) -> str | None:
    return next((pattern for pattern in patterns if _matches(subject, pattern, folder)), None)


def _matches(subject: str, pattern: str, folder: Path) -> bool:
    """Case does not count; `file:` globs may be relative to `folder`; `*` reaches across `/`."""
    if fnmatch.fnmatchcase(subject, pattern.casefold()):
        return True
    scheme, _, path = pattern.partition(":")
    if scheme != "file" or path.startswith("/"):
        return False
    absolute = f"file:{glob.escape(str(folder))}/{path.removeprefix('./')}"
    return fnmatch.fnmatchcase(subject, absolute.casefold())
