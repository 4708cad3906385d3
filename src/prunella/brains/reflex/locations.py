"""Blocks that answer for some paths of URLs, and those among them that take what was meant for others."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.places import Place
from prunella.configs.keys import split
from prunella.domain.setting import Format

_PATH = re.compile(r"(?<![\w/.])/[\w\-./%~]*")
_LOST = re.compile(r"\b40[0-9]\b|\b50[0-9]\b|not found|no such (?:path|route)|no (?:route|handler)", re.IGNORECASE)


def candidates(case: Case) -> Iterator[Candidate]:
    """A pattern that takes a lost path away from a block that names its beginning, and leads elsewhere: it goes."""
    clues = [clue for clue in case.clues if clue.weight >= 0.7 and _LOST.search(clue.line)]
    for service in case.suspects if clues else ():
        routes = [p for p in case.places_of(service) if p.format is Format.NGINX and p.leaf == "proxy_pass"]
        for greedy in (place for place in routes if _location(place.key).startswith("~")):
            speaking = tuple(clue for clue in clues if takes(greedy.key, clue))
            meant = [p for p in routes if _is_beaten(p, greedy) and any(takes(p.key, clue) for clue in speaking)]
            if meant:
                yield from _take_out(case, service, greedy, meant[0], speaking)


def _is_beaten(place: Place, greedy: Place) -> bool:
    """A plain beginning of a path in the same server, which leads elsewhere; patterns win over it."""
    location = _location(place.key)
    is_same_server = place.file == greedy.file and split(place.key)[:-3] == split(greedy.key)[:-3]
    return is_same_server and location[:1] not in {"", "~", "=", "^"} and place.value != greedy.value


def _take_out(case: Case, service: str, greedy: Place, meant: Place, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    block = split(greedy.key)[:-1]
    inside = [p for p in case.places_of(service) if p.file == greedy.file and split(p.key)[: len(block)] == block]
    cause = (
        f"location {_location(greedy.key)} of {greedy.file.name} takes what location {_location(meant.key)} answers."
    )
    steps = [place.removed("Its block takes paths of another one.") for place in inside]
    yield from repair(case, "locations", 0.55 * case.scope(service), cause, steps, explains=clues[:3])


def _location(key: str) -> str:
    parts = split(key)
    return parts[-2] if len(parts) > 2 and parts[-3] == "location" else ""


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
