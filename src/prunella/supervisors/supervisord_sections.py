"""The sections of a supervisord configuration and of the files that it includes."""

import glob
from collections.abc import Callable
from configparser import Error, MissingSectionHeaderError, RawConfigParser
from pathlib import Path

from prunella.errors import Rejected


def read_sections(path: Path, *, lenient: bool, fill_in: Callable[[str], str]) -> RawConfigParser:
    """All sections, with `%(here)s` filled in: in an included file it is that file's own folder.

    `fill_in` does the rest of what `[include]` names. Raises Rejected for a file that cannot be read, and, unless
    `lenient`, for one that supervisord would not parse.
    """
    parser = RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    _read(parser, path, lenient=lenient)
    _fill_in_here(parser, path)
    patterns = fill_in(parser.get("include", "files", fallback="")).split()
    found = [sorted(glob.glob(f"{path.parent / pattern}")) for pattern in patterns]  # noqa: PTH207 - any pattern
    for name in (Path(name) for names in found for name in names):
        _read(parser, name, lenient=lenient)
        _fill_in_here(parser, name.absolute())
    return parser


def _read(parser: RawConfigParser, path: Path, *, lenient: bool) -> None:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(f"supervisord's configuration {path} cannot be read: {error}.") from error
    try:
        parser.read_string(text, str(path))
    except Error as error:
        if not lenient:
            raise Rejected(f"supervisord would refuse {path}: {error}") from error
        if isinstance(error, MissingSectionHeaderError):
            _read_on(parser, text)


def _read_on(parser: RawConfigParser, text: str) -> None:
    """What stands ahead of the first section belongs to none."""
    try:
        parser.read_string(f"[ ]\n{text}")
    except Error:
        return


def _fill_in_here(parser: RawConfigParser, path: Path) -> None:
    for section in parser.sections():
        for key, value in parser.items(section):
            if "%(here)s" in value:
                parser.set(section, key, value.replace("%(here)s", str(path.parent)))
