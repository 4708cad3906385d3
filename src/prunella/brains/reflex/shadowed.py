"""A variable of the environment that outdoes a setting of a file: only the variable goes, and the file counts again."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.known_good import is_copy
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.processes_supervised import sections_of
from prunella.brains.reflex.servers_told import deed, said_so, told
from prunella.brains.reflex.suspicion import mentioned
from prunella.brains.reflex.waking import wake
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step

SHADOWS = "environment.shadows"
_WHERE = re.compile(r"(?P<key>.+\.environment) in (?P<file>/.+)")
_PAIR = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^,]*)\s*(?:,|$)")
_UNIT_WORDS = "percent pct rate ms millis seconds secs sec s minutes min hours bytes kb mb gb count cents size"
_UNITS = frozenset(_UNIT_WORDS.split())


def candidates(case: Case) -> Iterator[Candidate]:
    known = tuple(told(case, SHADOWS))
    for fact in (*known, *_likely(case, {fact.fields["variable"] for fact in known})):
        if not _is_red(case, fact.service):
            continue
        found = _WHERE.fullmatch(fact.fields["where"])
        if found:
            for place in case.index.at(found["file"], found["key"]):
                yield from _withdraw(case, fact, place)
        elif "running process" in fact.fields["where"] and not _is_declared(case, fact):
            yield from _start_clean(case, fact)


def _likely(case: Case, known: set[str]) -> Iterator[ServerFact]:
    """Variables of a program's section that say in short what a setting of its files says in full, and otherwise:
    `SHOP_RATE` beside `rate_percent` of the service `shop`.
    """
    for service in case.suspects:
        for section in sections_of(case, service):
            place = section.settings.get("environment")
            for pair in _PAIR.finditer(place.value) if place else ():
                value = pair["value"].strip().strip("\"'")
                for setting in case.places_of(service) if pair["name"] not in known and "%(" not in value else ():
                    if place and setting.file != place.file and _is_short_for(pair["name"], setting, service, value):
                        yield _fact(service, pair["name"], place, setting)


def _is_short_for(variable: str, setting: Place, service: str, value: str) -> bool:
    """After the service's own name come the first words of the setting's, whose others are its unit."""
    (first, *rest), words = tokens(variable) or ("",), tokens(setting.leaf)
    is_ours = len(first) > 1 and any(word.startswith(first) or first.startswith(word) for word in tokens(service))
    is_short = bool(rest) and tuple(rest) == words[: len(rest)] and set(words[len(rest) :]) <= _UNITS
    return is_ours and is_short and value != setting.value


def _fact(service: str, variable: str, place: Place, setting: Place) -> ServerFact:
    fields = {"variable": variable, "where": f"{place.key} in {place.file}", "file": str(setting.file),
              "key": setting.key}  # fmt: skip
    text = f"{service} is given {variable} by {place.name}, which may outdo {setting.name}"
    return ServerFact(code=SHADOWS, service=service, text=text, fields=fields)


def pairs_without(text: str, variable: str) -> str | None:
    """Supervisord's `environment` without one variable, all others to the letter; None when it is not in it."""
    pairs = list(_PAIR.finditer(text))
    gone = [pair for pair in pairs if pair["name"] == variable]
    if not gone:
        return None
    kept = "".join(pair.group() for pair in pairs if pair["name"] != variable)
    return kept.strip().rstrip(",").rstrip()


def _is_red(case: Case, service: str) -> bool:
    """Its own probe fails, or one of those that lead through it."""
    red = {reading.service for reading in case.brief.report.failing if reading.service}
    return any(name == service or service in case.all_needs(name) for name in red if name in case.facts.services)


def _withdraw(case: Case, fact: ServerFact, place: Place) -> Iterator[Candidate]:
    variable = fact.fields["variable"]
    rest = pairs_without(place.value, variable)
    if rest is None:
        return
    why = f"Without it {fact.fields['key']} of {fact.fields['file'].rpartition('/')[2]} counts again."
    step = place.set_to(rest, why) if rest else place.removed(why)
    clues, was_without = _evidence(case, fact), _was_without(case, place, variable)
    score = 0.93 if was_without else 0.3 if was_without is False else 0.65 if clues else 0.5
    score *= case.scope(fact.service)
    cause = f"{variable} in {place.name} outdoes {fact.fields['key']}, which the file gives another value."
    then = [wake(case, fact.service, f"Supervisord starts it without {variable}.")]
    because = [said_so(fact)]
    yield from repair(case, "shadowed", score, cause, [step], because=because, explains=clues, then=then)


def _was_without(case: Case, place: Place, variable: str) -> bool | None:
    """Did it do without at a better time? None when nobody knows."""
    known = [r for r in case.references(place.file) if not is_copy(r.origin) and r.settings]
    if not known:
        return None
    values = (setting.value or "" for setting in known[0].settings if setting.key == place.key)
    return all(pairs_without(value, variable) is None for value in values)


def _evidence(case: Case, fact: ServerFact) -> tuple[Clue, ...]:
    """Complaints that speak of the setting that it outdoes."""
    clues = (clue for clue in case.clues if clue.weight >= 0.6 and fact.text not in clue.line)
    return tuple(clue for clue in clues if _speaks_of(case, clue, fact))[:2]


def _speaks_of(case: Case, clue: Clue, fact: ServerFact) -> bool:
    meant = (fact.fields["file"], fact.fields["key"])
    return any(degree >= 0.4 and meant == (str(p.file), p.key) for p, degree in mentioned(case, clue.line).items())


def _is_declared(case: Case, fact: ServerFact) -> bool:
    """The supervisor sets it as well, so that a start would bring it back."""
    supervisor = case.service(fact.service).service.supervisor
    declared = getattr(supervisor, "env", {})
    variable = fact.fields["variable"]
    others = case.service(fact.service).server
    return variable in declared or any(
        other.code == SHADOWS and other.fields["variable"] == variable and other.fields["where"] != fact.fields["where"]
        for other in others
    )


def _start_clean(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """Its process was started with it by hand; its supervisor does not."""
    if case.service(fact.service).service.supervisor is None or case.is_running(fact.service) is not True:
        return
    step: Step = wake(case, fact.service, "Its supervisor starts it without the variable.")
    cause = f"{fact.service} was started with {fact.fields['variable']}, which outdoes {fact.fields['key']}."
    score = 0.5 * case.scope(fact.service)
    yield from deed(case, "shadowed", score, cause, (step,), because=(said_so(fact),), explains=_evidence(case, fact))
