"""Globs over absolute paths, as shells read them: `*` stays within a folder, `**` does not, dot files are named."""

import glob
import re
from fnmatch import fnmatchcase
from pathlib import Path

EVERY_DEPTH = "**"
_ESCAPED = re.compile(r"\[([*?\[])\]")
_WILD = re.compile(r"[*?\[]")


def absolute_glob(folder: Path, text: str) -> str:
    """`text` as a glob over absolute paths; relative to `folder`, whose own name is taken as it is written."""
    path = Path(text).expanduser()
    return str(path) if path.is_absolute() else str(Path(glob.escape(str(folder))) / path)


def is_wild(text: str) -> bool:
    """It may match more than one path."""
    return _WILD.search(_ESCAPED.sub("", text)) is not None


def beginning(pattern: str) -> Path:
    """The innermost folder in which all that it matches lies."""
    parts = Path(pattern).parts[:-1]
    plain = next((number for number, part in enumerate(parts) if is_wild(part)), len(parts))
    return Path(*(_ESCAPED.sub(r"\1", part) for part in parts[:plain]))


def matches(pattern: str, path: Path) -> bool:
    """By the words alone; links are not followed."""
    return _fits(Path(pattern).parts, path.parts)


def _fits(wanted: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not wanted or not parts:
        return not wanted and not parts
    if wanted[0] == EVERY_DEPTH:
        deeper = not parts[0].startswith(".") and _fits(wanted, parts[1:])
        return _fits(wanted[1:], parts) or deeper
    is_hidden = parts[0].startswith(".") and not wanted[0].startswith(".")
    return not is_hidden and fnmatchcase(parts[0], wanted[0]) and _fits(wanted[1:], parts[1:])
