"""Blocks that answer for some paths of URLs: whether an error speaks of a path that one of them takes."""

import re

from prunella.brains.reflex.clues import Clue
from prunella.configs.keys import split

_PATH = re.compile(r"(?<![\w/.])/[\w\-./%~]*")
_LOST = re.compile(r"\b40[0-9]\b|\b50[0-9]\b|not found|no such (?:path|route)|no (?:route|handler)", re.IGNORECASE)


def takes(key: str, clue: Clue) -> bool:
    """The setting stands in a `location` that a path matches which the clue tells to be answered wrongly."""
    parts = split(key)
    at = next((i for i, part in enumerate(parts[:-1]) if part == "location"), None)
    if at is None or not _LOST.search(clue.line):
        return False
    return any(_matches(parts[at + 1], path) for path in _PATH.findall(clue.line) if len(path) > 1)


def _matches(location: str, path: str) -> bool:
    how, _, what = location.rpartition(" ")
    if not how.startswith("~"):
        return path == what if how == "=" else len(what) > 1 and path.startswith(what)
    try:
        return re.search(what.strip("\"'"), path, re.IGNORECASE if "*" in how else 0) is not None
    except re.error:
        return False
