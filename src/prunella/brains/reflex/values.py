"""What a suspect setting should rather be: every value follows from something that was read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prunella.brains.reflex.beside import note_on, twins_of
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import distance, is_near, likeness, nearest, tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.repairs import fit_range, repair_boolean, repair_duration, repair_number
from prunella.domain.setting import Format

_MOST_ALIKE = 40
_LEVELS = ("trace", "debug", "info", "notice", "warning", "warn", "error", "critical", "fatal")
_TIMES = frozenset(
    {"timeout", "interval", "ttl", "delay", "duration", "period", "expiry", "age", "wait", "size", "memory", "buffer"}
)
_LISTENING = frozenset({"port", "listen", "bind", "address", "addr", "listener"})
_OWN = frozenset(
    {"port", "host", "hostname", "url", "uri", "path", "bind", "listen", "address", "addr", "name", "id", "file"}
)
_SAME = (frozenset({"warn", "warning"}), frozenset({"critical", "fatal", "crit"}), frozenset({"error", "err"}),
         frozenset({"info", "information", "informational"}), frozenset({"prod", "production"}),
         frozenset({"dev", "development"}), frozenset({"test", "testing"}))  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """A value, how surely it is right (0 to 1), and why."""

    value: str
    surety: float
    reason: str


def right_values(case: Case, place: Place, hint: Hint | None) -> tuple[Guess, ...]:
    """Guesses for a setting whose value is wrong, surest first; each value once."""
    if hint and _as_number(place.value) in {hint.low, hint.high} - {None}:
        hint = replace(hint, low=None, high=None)  # the limit that it speaks of is this setting itself
    best: dict[str, Guess] = {}
    for guess in _all_guesses(case, place, hint):
        known = best.get(guess.value)
        if guess.value != place.value and (known is None or guess.surety > known.surety):
            best[guess.value] = guess
    ranked = sorted(best.values(), key=lambda guess: -guess.surety)
    alike = [guess for guess in ranked if ("://" in guess.value) >= ("://" in place.value)]
    return tuple(guess for guess in alike if hint is None or _is_allowed(guess.value, hint))


def _all_guesses(case: Case, place: Place, hint: Hint | None) -> Iterator[Guess]:
    if hint:
        yield from _from_hint(place, hint)
    yield from from_witnesses(case, place)
    yield from _from_relations(case, place)
    if hint:
        yield from _from_slips(case, place, hint)
        yield from _from_definitions(case, place, hint)
    yield from _from_comments(place)


def _from_hint(place: Place, hint: Hint) -> Iterator[Guess]:
    for value in hint.wanted:
        keys = [key for key, claimed in hint.claims if claimed == value]
        is_meant = not keys or any(likeness(place.key, key) for key in keys)
        if is_meant and (place.value in hint.bad or not hint.bad):
            yield Guess(value, 0.92, f"the error asks for {value}")
    yield from _from_choices(place.key, place.value, hint.choices, "the error lists")
    for value, surety, reason in fit_range(place.value, hint.low, hint.high):
        yield Guess(value, surety, reason)
    for value in hint.suggested:
        if place.value in hint.bad:
            yield Guess(value, 0.9, f"the error suggests {value}")


def _from_choices(key: str, value: str, choices: tuple[str, ...], says: str) -> Iterator[Guess]:
    """The choice that was meant; one picked blindly only where nothing but talkativeness depends on it."""
    if not choices or value in choices:
        return
    amount = re.fullmatch(r"(\d+)\s*([A-Za-z]+)", value)
    if amount and all(choice.isalpha() for choice in choices):
        units = [c for c in choices if c.lower().startswith(amount[2].lower()) and c != amount[2]]
        yield from (Guess(f"{amount[1]}{unit}", 0.9, f"{says} {', '.join(choices)}") for unit in units[:1])
        return
    near = nearest(value, choices) or _synonym(value, choices)
    if near:
        yield Guess(near, 0.92, f"{says} {', '.join(choices)}; {near} is nearest to {value!r}")
        return
    is_harmless = bool({"level", "verbosity"} & set(tokens(key)))
    for rank, choice in enumerate(sorted(choices, key=lambda c: distance(value.lower(), c.lower()))):
        if is_harmless:
            yield Guess(choice, 0.4 - 0.05 * min(rank, 4), f"{says} {', '.join(choices)}")


def _synonym(value: str, choices: tuple[str, ...]) -> str | None:
    group = next((group for group in _SAME if value.lower() in group), frozenset[str]())
    return next((choice for choice in choices if choice.lower() in group), None)


def from_witnesses(case: Case, place: Place) -> Iterator[Guess]:
    """References, lines commented out, and the same setting elsewhere."""
    for reference in case.references(place.file):
        surety = 0.9 if reference.origin == "known good" else 0.85 if reference.origin.startswith("git") else 0.7
        for setting in reference.settings:
            if setting.key == place.key and setting.value is not None:
                yield Guess(setting.value, surety, f"{reference.origin} has {setting.value}")
    for twin in twins_of(place):
        surety = 0.6 if twin.is_comment else 0.7
        how = "is commented out" if twin.is_comment else "is set"
        yield Guess(twin.value, surety, f"line {twin.line} of the same file {how} with {twin.value}")
    for other in case.index.alike(place)[:_MOST_ALIKE]:
        if other.service != place.service and not _OWN & set(tokens(place.leaf)):
            yield Guess(other.value, 0.5, f"{other.name} of {other.service} is {other.value}")


def _from_relations(case: Case, place: Place) -> Iterator[Guess]:
    """A port that should be one that the fleet knows: the service's own, or that of the one the key names."""
    if "port" not in tokens(place.key) and not any(e.port for e in endpoints_of(place)):
        return
    named = case.meant_service(place.key, tuple(n for n in case.facts.services if n != place.service))
    if named is None and ("://" in place.value or not _LISTENING & set(tokens(place.leaf))):
        return
    parts = endpoints_of(place)
    whole = next((e for e in parts if e.port_at or e.scheme), None)
    for port in case.ports(named or place.service):
        value = whole.with_port(port) if whole else str(port)
        yield Guess(value, 0.85, f"the probe of {named or place.service} looks at port {port}")


def _from_slips(case: Case, place: Place, hint: Hint) -> Iterator[Guess]:
    is_whole_value = place.value in hint.bad or not hint.bad
    if not is_whole_value:
        return
    kind = hint.type or _kind_of(case, place)
    amount = re.fullmatch(r"(\d+)([A-Za-z]{2,})", place.value) if place.format is Format.NGINX else None
    if amount and amount[2].lower() != "ms":
        yield Guess(f"{amount[1]}{amount[2][0].lower()}", 0.85, "units have one letter here")
    repairs = {"int": repair_number, "float": repair_number, "bool": repair_boolean, "duration": repair_duration}
    if kind in repairs:
        for value, surety, reason in repairs[kind](place.value):
            yield Guess(value, surety, reason)
            for fitted, fitness, why in fit_range(value, hint.low, hint.high):
                yield Guess(fitted, surety * fitness, why)
    elif not hint.choices:
        if _TIMES & set(tokens(place.key)) or re.search(r"\d\s*[A-Za-z]", place.value):
            yield from (Guess(v, s * 0.6, r) for v, s, r in repair_duration(place.value))
        yield from _from_vocabulary(case, place)
    if kind == "bool":
        for value in ("false", "true"):
            yield Guess(value, 0.2, "it has to be a boolean")


def _kind_of(case: Case, place: Place) -> str:
    """What the same setting is elsewhere, else what its name speaks of."""
    words = set(tokens(place.leaf))
    if words & {"port", "workers", "size", "count", "max", "min", "limit", "retries", "threads", "connections"}:
        return "int"
    if words & {"enabled", "enable", "debug", "verbose", "strict"}:
        return "bool"
    kinds = {s.kind for r in case.references(place.file) for s in r.settings if s.key == place.key}
    return next(iter(kinds & {"int", "float", "bool"}), "")


def _from_vocabulary(case: Case, place: Place) -> Iterator[Guess]:
    """A word a slip away that the fleet's files, or everybody's loggers, use."""
    known = set(case.index.words)
    known |= {_in_case_of(place.value, level) for level in _LEVELS} if "level" in tokens(place.key) else set()
    for word in sorted(known):
        if re.fullmatch(r"[A-Za-z\-]{2,}\d?[A-Za-z\-]*", place.value) and is_near(place.value.lower(), word.lower()):
            yield Guess(word, 0.6, f"{place.value!r} is a slip away from {word}")


def _from_definitions(case: Case, place: Place, hint: Hint) -> Iterator[Guess]:
    """A name that a related service defines under the very noun of the error: its `databases` for a database."""
    spoken = set(tokens(hint.clue.line))
    for other in case.places if place.value in hint.bad else ():
        parents = set(tokens(other.key.rpartition(".")[0]))
        is_spoken = spoken & (parents | {word.removesuffix("s") for word in parents})
        if is_spoken and other.service in case.needs(place.service) and is_near(place.value, other.leaf):
            yield Guess(other.leaf, 0.8, f"{other.name} is what {other.service} has")


def _in_case_of(text: str, word: str) -> str:
    return word.upper() if text.isupper() else word


def _from_comments(place: Place) -> Iterator[Guess]:
    note = note_on(place)
    if note is None:
        return
    yield from _from_choices(place.key, place.value, note.choices, "the comment beside it lists")
    for value, surety, reason in fit_range(place.value, note.low, note.high):
        yield Guess(value, surety * 0.9, f"{reason}, says the comment beside it")
    if note.default:
        yield Guess(note.default, 0.75, f"the comment beside it says: {note.text}")


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_allowed(value: str, hint: Hint) -> bool:
    """It is not what the error complains of, and lies within what the error allows."""
    is_choice = not hint.choices or value in hint.choices or value.lstrip("0123456789") in hint.choices
    if value in hint.bad or (not is_choice and not hint.wanted):
        return False
    number = _as_number(value)
    if number is None:
        return hint.type not in {"int", "float"} and hint.low is None and hint.high is None
    return (hint.low is None or number >= hint.low) and (hint.high is None or number <= hint.high)
