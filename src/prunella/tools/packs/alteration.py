"""What an edit of a file alters: which settings, and whether more than they say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from prunella.configs.difference import changes
from prunella.configs.files import decode
from prunella.configs.formats import editor_for, format_of
from prunella.configs.reading import parsed
from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import Hunk, SettingChange
from prunella.errors import Rejected

_ASSIGNED = re.compile(
    r"^\s*(?:-\s+|export\s+)?[\"']?(?P<key>[A-Za-z_][\w.\-]*)[\"']?\s*[:=]\s*(?P<value>.*?)\s*,?\s*$"
)


@dataclass(frozen=True)
class Alteration:
    """`changes` are the settings that differ. `is_opaque`: they do not say all; `hunks` then are the lines that differ.

    Opaque is what no setting expresses: a comment, a blank, quotes, a text without settings, a side that does not
    parse or is no text at all.
    """

    changes: tuple[SettingChange, ...] = ()
    is_opaque: bool = False
    hunks: tuple[Hunk, ...] = ()


def alteration(path: Path, before: bytes | None, after: bytes | None) -> Alteration:
    """By parsing both sides. A file that is not there counts as an empty one.

    Of a broken file that is put right, the changes are the settings that stand on its new lines; what they were is
    read leniently from the lines that look like an assignment.
    """
    try:
        old, new = _text(before), _text(after)
    except Rejected:
        return Alteration(is_opaque=True)
    was, now = _parsed(path, old), _parsed(path, new)
    if editor_for(now.format) is None or now.fault:
        return Alteration(is_opaque=True, hunks=_hunks(old, new))
    if was.fault or was.format is not now.format:
        return Alteration(_mended(was, now), is_opaque=True, hunks=_hunks(old, new))
    found = changes(path, old, new, now.format)
    if _replayed(old, now, found) == new:
        return Alteration(found)
    return Alteration(found, is_opaque=True, hunks=_hunks(old, new))


def _text(data: bytes | None) -> str:
    return "" if data is None else decode(data).text


def _parsed(path: Path, text: str) -> ConfigFacts:
    return parsed(path, text, format_of(path, text))


def _replayed(old: str, now: ConfigFacts, found: tuple[SettingChange, ...]) -> str | None:
    """What these changes alone make of the text; None when that cannot be told."""
    editor = editor_for(now.format)
    if editor is None:
        return None
    try:
        for each in found:
            old = editor.remove(old, each.key) if each.after is None else editor.set(old, each.key, each.after)
    except Rejected:
        return None
    return old


def _mended(was: ConfigFacts, now: ConfigFacts) -> tuple[SettingChange, ...]:
    fresh, lenient = _fresh_lines(was.text, now.text), _leniently(was.text)
    read = [(each, lenient.get(_leaf(each.key))) for each in now.settings if each.line in fresh]
    return tuple(
        SettingChange(path=now.path, key=each.key, before=old, after=each.value) for each, old in read
    )  # fmt: skip


def _fresh_lines(old: str, new: str) -> set[int]:
    """The numbers, from 1, of the lines that the new text has and the old one has not."""
    return {number for _, _, _, start, end in _differing(old, new) for number in range(start + 1, end + 1)}


def _leniently(text: str) -> dict[str, str]:
    found = [match for line in text.split("\n") if (match := _ASSIGNED.match(line.rstrip("\r")))]
    return {_leaf(match["key"]): match["value"].strip("\"'") for match in found}


def _leaf(key: str) -> str:
    return key.rsplit(".", 1)[-1].strip("\"'")


def _hunks(old: str, new: str) -> tuple[Hunk, ...]:
    before, after = old.split("\n"), new.split("\n")
    return tuple(
        Hunk(old=tuple(before[a:b]), new=tuple(after[c:d])) for _, a, b, c, d in _differing(old, new)
    )  # fmt: skip


def _differing(old: str, new: str) -> Iterator[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
    return (each for each in matcher.get_opcodes() if each[0] != "equal")
