"""A fault as a set of differences between the healed files and what they were, of which each part can be put back."""

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from prunella.configs.difference import changes
from prunella.configs.files import decode
from prunella.configs.formats import editor_for, format_of
from prunella.domain.journal import Entry, Outcome
from prunella.domain.setting import SettingChange
from prunella.errors import Rejected
from prunella.rehearsal.shadow import content
from prunella.tools.packs.file_edit import Before


@dataclass(frozen=True)
class Spoilt:
    """One file: what it was, what it is, and the settings in which they differ (): they cannot be told apart)."""

    path: Path
    real: Path
    was: bytes | None
    now: bytes | None
    settings: tuple[SettingChange, ...]


@dataclass(frozen=True)
class Part:
    """One thing of the fault that can be put back by itself; `setting` None: the whole file."""

    file: Spoilt
    setting: SettingChange | None = None


def spoilt_files(entries: Iterable[Entry]) -> tuple[Spoilt, ...]:
    """The files that effects of the run changed, as they were before its first one; none that are as they were."""
    first: dict[Path, Spoilt] = {}
    for entry in sorted(entries, key=lambda each: each.number):
        was = _before(entry)
        if was is None:
            continue
        path, real = was.state.path, Path(os.path.realpath(was.state.path))
        data = None if was.data is None else base64.b64decode(was.data)
        if real not in first:
            first[real] = Spoilt(path, real, data, (now := content(real)), _settings(path, data, now))
    return tuple(each for each in first.values() if each.was != each.now)


def parts_of(files: Iterable[Spoilt]) -> tuple[Part, ...]:
    """In the order of the files and their settings."""
    return tuple(part for file in files for part in _parts(file))


def put_back(parts: Iterable[Part]) -> dict[Path, bytes | None]:
    """The healed files with these parts of the fault in them. Raises Rejected for parts that make no file."""
    chosen: dict[Spoilt, list[SettingChange | None]] = {}
    for part in parts:
        chosen.setdefault(part.file, []).append(part.setting)
    return {file.real: _with(file, settings) for file, settings in chosen.items()}


def _parts(file: Spoilt) -> Iterator[Part]:
    if len(file.settings) < 2:
        yield Part(file, next(iter(file.settings), None))
        return
    for setting in file.settings:
        yield Part(file, setting)


def _before(entry: Entry) -> Before | None:
    """None for an effect on something else than a file, or one that is not there any more."""
    if entry.outcome is not Outcome.APPLIED:
        return None
    try:
        return Before.model_validate(entry.prepared.before)
    except ValidationError:
        return None


def _settings(path: Path, was: bytes | None, now: bytes | None) -> tuple[SettingChange, ...]:
    if was is None or now is None:
        return ()
    try:
        old, new = decode(was).text, decode(now).text
    except Rejected:
        return ()
    return changes(path, old, new, format_of(path, new))


def _with(file: Spoilt, chosen: list[SettingChange | None]) -> bytes | None:
    """All of it is what was there, to the byte."""
    if len(chosen) == max(len(file.settings), 1) or file.now is None:
        return file.was
    source = decode(file.now)
    editor = editor_for(format_of(file.path, source.text))
    text = source.text
    for setting in chosen:
        if setting is None or editor is None:
            return file.was
        if setting.before is None:
            text = editor.remove(text, setting.key)
        else:
            text = editor.set(text, setting.key, setting.before)
    return source.encode(text)
