"""Lines of a server's own configuration that it would refuse: a name that is a slip away from one that it knows."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.keys import rename
from prunella.brains.reflex.known_good import is_copy
from prunella.brains.reflex.names import distance, nearest
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.servers_names import NAMES
from prunella.brains.reflex.servers_told import said_so, told
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_UNKNOWN = re.compile(
    r"unrecognized configuration parameter \"(?P<postgres>[^\"]+)\""
    r"|>>> '(?P<redis>[\w\-]+)[^']*'|no setting (?:named |of this name:? )?\"?(?P<other>[\w\-]+)\"?",
    re.IGNORECASE,
)
_REMOVED = 0.3
_AMOUNT = re.compile(r"(?P<amount>-?\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]+)")
_UNITS = ("kB", "MB", "GB", "TB", "min", "ms", "us", "B", "s", "h", "d")
_SPOKEN_UNITS = {
    "k": "kB", "m": "MB", "g": "GB", "t": "TB", "kib": "kB", "mib": "MB", "gib": "GB", "sec": "s", "secs": "s",
    "second": "s", "seconds": "s", "msec": "ms", "mins": "min", "minute": "min", "minutes": "min", "hour": "h",
    "hours": "h", "hr": "h", "day": "d", "days": "d",
}  # fmt: skip


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for place in case.places_of(service):
            names = NAMES.get(place.format, ())
            if names and place.leaf.lower() not in names and "." not in place.key:
                clues = _complaints(case, place)
                if clues or _is_refused(case, place):
                    yield from _renamed(case, place, clues)
    for fact in told(case, "postgres.bad-setting"):
        for place in case.index.at(fact.fields["file"], fact.fields["setting"]):
            if place.leaf.lower() in NAMES[Format.POSTGRES]:
                yield from _another_value(case, place, fact)


def _another_value(case: Case, place: Place, fact: ServerFact) -> Iterator[Candidate]:
    """What it was at a better time, else what was meant by it."""
    cause = f"{place.name} is {place.value!r}, which {place.service} would refuse: {fact.fields['error']}."
    for value, surety, why in (*_known_values(case, place), *_in_units(place.value)):
        if value != place.value:
            step = place.set_to(value, f"{why}.")
            because = [said_so(fact), why]
            yield from repair(case, "server settings", surety * case.scope(place.service), cause, [step],
                              because=because)  # fmt: skip


def _known_values(case: Case, place: Place) -> Iterator[tuple[str, float, str]]:
    for reference in case.references(place.file):
        for setting in reference.settings:
            if setting.key == place.key and setting.value is not None:
                surety = 0.6 if is_copy(reference.origin) else 0.95
                yield setting.value, surety, f"it was {setting.value} in {reference.origin}"


def _in_units(value: str) -> Iterator[tuple[str, float, str]]:
    """An amount whose unit PostgreSQL writes otherwise."""
    found = _AMOUNT.fullmatch(value)
    if found is None or found["unit"] in _UNITS:
        return
    unit = _SPOKEN_UNITS.get(found["unit"].lower()) or nearest(found["unit"], _UNITS)
    unit = unit or next((each for each in _UNITS if len(each) > 1 and found["unit"].startswith(each)), None)
    if unit is not None:
        yield found["amount"] + unit, 0.88, f"{unit} is how {found['unit']} is written"


def _complaints(case: Case, place: Place) -> tuple[Clue, ...]:
    """Of its pre-flight, its log or its probes, by that very name."""
    found = ((clue, _UNKNOWN.search(clue.line)) for clue in case.clues if clue.weight >= 0.3)
    named = (
        clue for clue, match in found if match and place.leaf.lower() in {(g or "").lower() for g in match.groups()}
    )
    return tuple(named)[:2]


def _is_refused(case: Case, place: Place) -> bool:
    facts = told(case, "postgres.bad-setting", "redis.bad-setting")
    return any((fact.fields["file"], fact.fields["setting"]) == (str(place.file), place.key) for fact in facts)


def _renamed(case: Case, place: Place, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """The name that it had in that line, else the nearest; out with the line where neither is known."""
    cause = f"{place.name} is no setting that {place.service} knows"
    for name, surety, why in _meant(case, place):
        score = surety * case.scope(place.service)
        step = rename(place, name)
        yield from repair(case, "server settings", score, f"{cause}; {why}.", [step], explains=clues)
    out: Step | None = place.removed("The server does not know it.")
    score = _REMOVED * case.scope(place.service)
    yield from repair(case, "server settings", score, f"{cause}.", [out], explains=clues)


def _meant(case: Case, place: Place) -> Iterator[tuple[str, float, str]]:
    known = [r for r in case.references(place.file) if not is_copy(r.origin)]
    for reference in known[:1]:
        now = {p.key for p in case.places_of(place.service) if p.file == place.file}
        gone = [s.key for s in reference.settings if s.key not in now and s.value == place.value]
        for key in sorted(gone, key=lambda key: distance(key, place.leaf))[:1]:
            yield key, 0.95, f"in {reference.origin} the line reads {key}"
    near = nearest(place.leaf, NAMES[place.format])
    if near is not None:
        yield near, 0.9, f"{near} is a slip away"
