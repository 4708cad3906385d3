"""Keys that are written wrongly: misspelled, in the wrong place, without their separator, or set twice."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.missing import is_there, readers
from prunella.brains.reflex.names import distance, is_near, leaf, likeness, normal
from prunella.brains.reflex.places import Place, match_line, replace_lines
from prunella.brains.reflex.suspicion import mentioned
from prunella.brains.reflex.vocabulary import mended_names
from prunella.domain.facts import ConfigFacts
from prunella.domain.plan import Step


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        for service in readers(case, hint.clue):
            weight = hint.clue.weight * case.scope(service)
            for key in hint.missing:
                if not is_there(case, service, key):
                    yield from _misspelled(case, service, key, hint.clue, weight)
                    yield from _misplaced(case, service, key, hint.clue, weight)
                    yield from _without_separator(case, service, key, hint.clue, weight)
            for key in hint.unknown:
                yield from _unknown(case, service, key, hint, weight)
    yield from _set_twice(case)


def _misspelled(case: Case, service: str, key: str, clue: Clue, weight: float) -> Iterator[Candidate]:
    wanted = leaf(key)
    for place in case.places_of(service):
        if _is_slip(place.leaf, wanted):
            surety = 0.95 - 0.05 * distance(place.leaf.lower(), wanted.lower())
            cause = f"{place.name} is misspelled: {service} asks for {wanted}."
            yield from repair(
                case, "keys", surety * weight, cause, [rename(place, wanted)], because=[], explains=[clue]
            )


def _is_slip(written: str, wanted: str) -> bool:
    same_but_style = written != wanted and normal(written) == normal(wanted)
    return same_but_style or is_near(written.lower(), wanted.lower())


def rename(place: Place, key: str) -> Step | None:
    """The step that gives a setting another last part of its key, in its own line."""
    lines = place.text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    found = re.search(rf"(?<![\w.\-]){re.escape(place.leaf)}(?![\w.\-])", line)
    if found is None:
        return None
    renamed = line[: found.start()] + key + line[found.end() :]
    why = f"The key is spelled {key}."
    return replace_lines(place.file, place.text, place.line, place.line, (renamed,), why=why)


def _misplaced(case: Case, service: str, key: str, clue: Clue, weight: float) -> Iterator[Candidate]:
    """The right name under another parent, where the error names the whole path."""
    if "." not in key:
        return
    for place in case.places_of(service):
        if place.editable and place.leaf == leaf(key) and place.key != key and place.value:
            add = Step(
                tool="config.set",
                arguments={"file": str(place.file), "key": key, "value": place.value},
                why=f"{service} looks for it there.",
            )
            cause = f"{place.name} stands in the wrong place: {service} looks for {key}."
            drop = place.removed("It stands in the wrong place.")
            yield from repair(case, "keys", 0.7 * weight, cause, [add, drop], because=[], explains=[clue])


def _without_separator(case: Case, service: str, key: str, clue: Clue, weight: float) -> Iterator[Candidate]:
    """`port 8080` in a file whose other lines read `name: value`."""
    wanted = normal(leaf(key))
    for config in case.service(service).files:
        separator = _usual_separator(config)
        for number, line in enumerate(config.text.split("\n"), 1):
            found = re.match(
                r"^(\s*(?:export\s+)?)([A-Za-z_][\w.\-]*)\s*[;,\-~|]?\s+(\S.*?)\s*$|^(\s*)([A-Za-z_]\w*):(\S+)\s*$",
                line,
            )
            if found is None or normal(found[2] or found[5]) != wanted:
                continue
            lead, name, value = (found[1], found[2], found[3]) if found[2] else (found[4], found[5], found[6])
            fixed = f"{lead}{name}{separator}{value.lstrip('=: ')}"
            step = replace_lines(
                config.path, config.text, number, number, (fixed,), why=f"Line {number} lacks its separator."
            )
            cause = f"Line {number} of {config.path.name} does not set {key}, because its separator is missing."
            yield from repair(case, "keys", 0.85 * weight, cause, [step], because=[], explains=[clue])


def _usual_separator(config: ConfigFacts) -> str:
    found = [m["separator"] for line in config.text.split("\n") if (m := match_line(line)) and m["separator"].strip()]
    return max(dict.fromkeys(found), key=found.count) if found else "="


def _unknown(case: Case, service: str, key: str, hint: Hint, weight: float) -> Iterator[Candidate]:
    """The error does not know a key: rename it to what it suggests or what others write, else take it out."""
    for place in case.places_of(service):
        if likeness(place.key, key) < 0.9:
            continue
        for name, surety, reason in _better_names(case, place, hint.suggested):
            cause = f"{place.name} is not a key that {service} knows; {reason}."
            yield from repair(
                case, "keys", surety * weight, cause, [rename(place, name)], because=[reason], explains=[hint.clue]
            )
        cause = f"{place.name} is not a key that {service} knows."
        why = f"{service} does not know it."
        yield from repair(case, "keys", 0.35 * weight, cause, [place.removed(why)], because=[], explains=[hint.clue])


def _better_names(case: Case, place: Place, suggested: tuple[str, ...]) -> Iterator[tuple[str, float, str]]:
    for name in suggested:
        yield leaf(name), 0.95, f"the error suggests {name}"
    known = {s.key for r in case.references(place.file) for s in r.settings}
    known |= {other.key for other in case.places if other.service != place.service or other.file != place.file}
    for name in sorted({leaf(key) for key in known}):
        if _is_slip(place.leaf, name):
            yield name, 0.8, f"{name} is how it is spelled elsewhere"
    for name in mended_names(place.leaf, case.words):
        yield name, 0.65, f"{name} is how it is usually spelled"
    for name in sorted({word for clue in case.clues for word in re.findall(r"[A-Za-z_][\w\-]{2,}", clue.line)}):
        if is_near(place.leaf, name):
            yield name, 0.6, f"the error text speaks of {name}"


def _set_twice(case: Case) -> Iterator[Candidate]:
    """A key with two different values in one file: the later line is the suspect, for those who read on."""
    for service in case.suspects:
        for config in case.service(service).files:
            for first, last, key in _twice(config):
                lines = config.text.split("\n")
                clues = [c for c in case.clues if any(p.leaf == key for p in mentioned(case, c.line))][:2]
                score = case.scope(service) * (0.6 if clues else 0.3)
                both = f"{lines[first - 1].strip()!r}, then {lines[last - 1].strip()!r}"
                cause = f"{key} is set twice in {config.path.name}: {both}."
                for line, surety in ((last, 1.0), (first, 0.4)):
                    why = f"{key} is set in another line, too."
                    step = replace_lines(config.path, config.text, line, line, (), why=why)
                    yield from repair(case, "keys", score * surety, cause, [step], because=[], explains=clues)


def _twice(config: ConfigFacts) -> Iterator[tuple[int, int, str]]:
    """(first line, last line, key) of keys that stand at the same depth of the same section with unequal values."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    section = ""
    for number, line in enumerate(config.text.split("\n"), 1):
        found = match_line(line.rstrip("\r"))
        if found is None or not found["separator"].strip():
            section = line.strip() or section
            continue
        if not found["value"] or found["lead"].strip().startswith("-"):
            section = line.strip()
            continue
        scope = (section, found["lead"] + found["key"])
        is_same = scope in seen and _is_one_setting(config, seen[scope][0], number)
        if is_same and seen[scope][1] != found["value"]:
            yield seen[scope][0], number, found["key"]
        seen[scope] = (number, found["value"])


def _is_one_setting(config: ConfigFacts, first: int, last: int) -> bool:
    """False where the editor tells the two lines apart by more than a number at the end: items of a list."""
    names = {s.line: re.sub(r"\.?\d+$", "", s.key) for s in config.settings}
    return first not in names or last not in names or names[first] == names[last]
