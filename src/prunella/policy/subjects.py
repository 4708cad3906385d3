"""What a step is about, in the words that the rules of a fleet file use."""

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared

_KEYS = {"key", "keys", "setting", "settings"}
_PATHS = {"file", "files", "path", "paths"}
_SERVICES = {"service", "services"}
_FIRST_WORD = re.compile(r"""^[+-][ \t-]*["']?([\w.-]+)""", re.MULTILINE)
_CHANGED_LINE = re.compile(r"""^[+-][ \t-]*(?:export[ \t]+)?["']?([\w.-]+)["']?[ \t]*[:=]""", re.MULTILINE)


@dataclass(frozen=True)
class Subjects:
    """The tool's name, the settings and the resources of one step, case folded, as `config:port`, `file:/a/b`.

    `guessed` is what else it may be about: settings read from the difference that the step would make, files below a
    folder, owners of files. Enough to be stricter, not milder. `changes` are all settings that would change, each by
    its names; None where there may be others. `keys` are those of all these settings, as they are written.
    """

    tool: str
    settings: frozenset[str]
    resources: frozenset[str]
    guessed: frozenset[str]
    changes: tuple[frozenset[str], ...] | None = None
    keys: frozenset[str] = frozenset()

    @property
    def services(self) -> frozenset[str]:
        """Those that the step touches, also through their files."""
        named = (each.partition(":") for each in (*self.resources, *self.guessed))
        return frozenset(name for scheme, _, name in named if scheme == "service")

    def is_tool(self, glob: str) -> bool:
        return fnmatch.fnmatchcase(self.tool, glob.casefold())

    def touched_by(self, pattern: str, folder: Path) -> bool:
        """Does the glob match anything of the step? For rules that forbid or ask."""
        everything = (self.tool, *self.settings, *self.resources, *self.guessed)
        return any(_matches(subject, pattern, folder) for subject in everything)

    def covered_by(self, patterns: Iterable[str], folder: Path) -> str | None:
        """A glob that speaks for the whole step (its tool, or the last of all its resources or changes); else None."""
        patterns, resources = tuple(patterns), tuple(frozenset({each}) for each in sorted(self.resources))
        for subjects in ((frozenset({self.tool}),), resources, self.changes or ()):
            found = [_first_match(names, patterns, folder) for names in subjects]
            if found and None not in found:
                return found[-1]
        return None


def subjects_of(
    step: Step, prepared: Prepared, folder: Path, files: Mapping[str, tuple[Path, ...]] = MappingProxyType({})
) -> Subjects:
    """`folder` is the fleet file's: relative paths in arguments are meant from there. `files` are each service's."""
    resources = frozenset({*_touched(prepared), *_named(step, folder)})
    owned = frozenset(_owned(resources, files))
    services = {each.partition(":")[2] for each in (*resources, *owned) if each.startswith("service:")}
    changes = tuple(_names_of(change, files) for change in prepared.changes)
    words = (_FIRST_WORD if prepared.is_opaque else _CHANGED_LINE).findall(prepared.difference)
    named = tuple(_texts(step.arguments, _KEYS))
    return Subjects(
        tool=step.tool.casefold(),
        settings=_settings(named, services).union(*changes),
        resources=resources,
        guessed=_settings(words, services) | owned,
        changes=None if prepared.is_opaque else changes,
        keys=frozenset({*named, *words, *(change.key for change in prepared.changes)}),
    )


def _owned(resources: frozenset[str], files: Mapping[str, tuple[Path, ...]]) -> Iterator[str]:
    """The files of services that are, or lie below, what is touched; and their services."""
    for service, paths in files.items():
        for file in (f"file:{path}".casefold() for path in paths):
            if file in resources or any(file.startswith(f"{each.rstrip('/')}/") for each in resources):
                yield from (file, f"service:{service.casefold()}")


def _names_of(change: SettingChange, files: Mapping[str, tuple[Path, ...]]) -> frozenset[str]:
    return _settings((change.key,), (service for service, paths in files.items() if change.path in paths))


def _settings(keys: Iterable[str], services: Iterable[str]) -> frozenset[str]:
    plain = {key.replace('"', "").casefold() for key in keys}
    owned = {f"config:{service.casefold()}.{key}" for service in services for key in plain}
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


def _first_match(names: Iterable[str], patterns: tuple[str, ...], folder: Path) -> str | None:
    return next((each for each in patterns if any(_matches(name, each, folder) for name in names)), None)


def _matches(subject: str, pattern: str, folder: Path) -> bool:
    """Case does not count; `file:` globs may be relative to `folder`; `*` reaches across `/`."""
    if fnmatch.fnmatchcase(subject, pattern.casefold()):
        return True
    scheme, _, path = pattern.partition(":")
    if scheme != "file" or path.startswith("/"):
        return False
    absolute = f"file:{glob.escape(str(folder))}/{path.removeprefix('./')}"
    return fnmatch.fnmatchcase(subject, absolute.casefold())
