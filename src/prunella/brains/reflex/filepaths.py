"""A path in a setting that leads nowhere, where a path a slip away is known."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import distance, is_near, tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.values import from_witnesses

_PATH_WORDS = frozenset({"dir", "directory", "folder", "path", "file", "location", "root"})


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        if "no file" not in hint.topics:
            continue
        for place in case.places:
            if _is_path(place) and _leads_there(place.value, hint) and place.service in case.suspects:
                yield from _lead_elsewhere(case, place, hint)


def _is_path(place: Place) -> bool:
    """It holds a path; a bare word does where its key speaks of one."""
    return bool(set("/.") & set(place.value)) or bool(_PATH_WORDS & set(tokens(place.key)))


def _quotes(line: str, text: str) -> bool:
    """The line has it in quotes, or as the very thing that there is no file of."""
    is_quoted = any(f"{quote}{text}{quote}" in line for quote in "\"'`")
    return is_quoted or re.search(rf"(?<![\w./\-]){re.escape(text)}: no such file", line, re.IGNORECASE) is not None


def _leads_there(value: str, hint: Hint) -> bool:
    """The error's path is the setting's, whole or with the folder it is relative to."""
    if re.fullmatch(r"\w[\w\-]{2,}", value):
        return any(path.endswith("/" + value) for path in hint.paths) or _quotes(hint.clue.line, value)
    return ("/" in value and any(path == value or path.endswith("/" + value.lstrip("./")) for path in hint.paths)) or (
        len(value) > 3 and "." in value and value in hint.paths
    )


def _lead_elsewhere(case: Case, place: Place, hint: Hint) -> Iterator[Candidate]:
    weight = hint.clue.weight * case.scope(place.service)
    cause = f"{place.name} leads to {place.value}, where nothing is."
    for guess in from_witnesses(case, place):
        if guess.value != place.value:
            step = place.set_to(guess.value, f"{guess.reason}.")
            yield from repair(
                case, "file paths", guess.surety * weight, cause, [step], because=[guess.reason], explains=[hint.clue]
            )
    for known in sorted(_known_paths(case, place)):
        if _is_slip(place.value, known):
            step = place.set_to(known, f"{known} is a slip away.")
            because = [f"{known} is used elsewhere."]
            yield from repair(case, "file paths", 0.7 * weight, cause, [step], because=because, explains=[hint.clue])
    for word in tokens(place.key) if "/" not in place.value else ():
        if word not in _PATH_WORDS and is_near(place.value, word):
            step = place.set_to(word, f"The setting's own name says {word}.")
            yield from repair(case, "file paths", 0.65 * weight, cause, [step], explains=[hint.clue])


def _known_paths(case: Case, place: Place) -> set[str]:
    """Paths that other settings, logs and files of the fleet have."""
    values = {p.value for p in case.places if "/" in p.value and p is not place and "://" not in p.value}
    files = {str(config.path) for _, config in case.files()}
    logs = {str(log) for s in case.facts.services.values() for log in s.service.logs}
    folder = str(case.service(place.service).service.folder)
    known = values | files | logs | {folder}
    root = str(case.facts.fleet.folder)
    known |= {str(PurePosixPath(path).parent) for path in known}
    return known | {path.removeprefix(root + "/") for path in known}


def _is_slip(value: str, known: str) -> bool:
    """A slip in one part of the path, the other parts being the same."""
    ours, theirs = re.split(r"(/)", value), re.split(r"(/)", known)
    if len(ours) != len(theirs):
        return False
    differing = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    return len(differing) == 1 and (is_near(*differing[0]) or distance(*differing[0]) <= 1)
