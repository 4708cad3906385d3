"""A program of supervisord that cannot start, or does not start by itself, as its section says: the section is mended.

Only to start it would not outlast the next start of the machine.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.known_good import is_copy, trust
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.waking import wake
from prunella.domain.facts import ConfigFacts, Reference
from prunella.domain.plan import Step
from prunella.domain.supervisor import SupervisordSupervisor
from prunella.policy.words import is_near

_KINDS = ("program", "fcgi-program", "eventlistener")
_FALSE = frozenset({"false", "no", "off", "0"})
_SWITCHES = {"autostart": "true", "autorestart": "unexpected"}
"""What supervisord does unless it is told otherwise."""
_NO_COMMAND = re.compile(r"no executable (?P<word>\S+) \(command of|can't find command '?(?P<other>[^\s']+)")
_NO_FOLDER = re.compile(r"directory = (?P<word>\S+) of \S+ does not exist|couldn't chdir to (?P<other>[^\s:]+)")
_SHORTEST = 3
_GAVE_UP = re.compile(r"FATAL|BACKOFF|EXITED")
_PRIORITY = 999


@dataclass(frozen=True)
class Section:
    """Where one program of supervisord is declared, with its settings by their short names."""

    service: str
    config: ConfigFacts
    name: str
    settings: dict[str, Place]

    def key(self, name: str) -> str:
        known = self.settings.get(name)
        if known is not None:
            return known.key
        stem = next(iter(self.settings.values())).key.rpartition(".")[0]
        return f"{stem}.{name}"

    def set(self, name: str, value: str, why: str) -> Step:
        arguments = {"file": str(self.config.path), "key": self.key(name), "value": value}
        return Step(tool="config.set", arguments={**arguments}, why=why)


@dataclass(frozen=True)
class Mend:
    """Edits of one section; a step that cannot be made is None."""

    score: float
    cause: str
    steps: tuple[Step | None, ...]
    because: tuple[str, ...]
    mechanism: str = "supervised"


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for section in sections_of(case, service):
            yield from _as_known(case, section)
            if case.is_running(service) is False:
                yield from _switched_on(case, section)
                yield from _found(case, section)
                yield from _after_its_needs(case, section)


def sections_of(case: Case, service: str) -> Iterator[Section]:
    """Of the programs that a service stands for, where their file is one that the fleet declares."""
    spec = case.service(service).service.supervisor
    config = case.config(str(spec.config)) if isinstance(spec, SupervisordSupervisor) else None
    if not isinstance(spec, SupervisordSupervisor) or config is None or config.fault:
        return
    places = [place for place in case.places if place.file == config.path]
    names = [name for name in spec.program.split(":") if name not in {"", "*"}]
    for name in dict.fromkeys((*names, *_members(places, names))):
        settings = {p.leaf: p for p in places if _section_in(p.key) in {f"{kind}:{name}" for kind in _KINDS}}
        if settings:
            yield Section(service, config, name, settings)


def _members(places: list[Place], groups: list[str]) -> Iterator[str]:
    for place in places:
        if _section_in(place.key) in {f"group:{group}" for group in groups} and place.leaf == "programs":
            yield from (word.strip() for word in place.value.split(",") if word.strip())


def _section_in(key: str) -> str:
    return key.rpartition(".")[0].strip('"')


def _as_known(case: Case, section: Section) -> Iterator[Candidate]:
    """What its section said at a better time, all of it: nothing else of the file is touched."""
    for reference in case.references(section.config.path):
        steps = [] if is_copy(reference.origin) else list(_differences(section, reference))
        if not steps:
            continue
        down, red = case.is_running(section.service) is False, _is_red(case, section.service)
        score = (0.95 if down else 0.6 if red else 0.15) * trust(reference.origin) / 0.85
        what = ", ".join(str(step.arguments["key"]).rpartition(".")[2] for step in steps)
        cause = f"{what} of {section.name} in {section.config.path.name} is not what it was in {reference.origin}."
        because = tuple(
            f"{reference.origin}: {step.arguments['key']} = {step.arguments.get('value', '(not there)')}"
            for step in steps
        )
        yield from _repair(case, section, Mend(min(0.97, score), cause, tuple(steps), because, "known good"))


def _differences(section: Section, reference: Reference) -> Iterator[Step]:
    known = {s.key: s.value or "" for s in reference.settings if _section_in(s.key) in _own(section)}
    for key, value in known.items():
        now = section.settings.get(key.rpartition(".")[2])
        if now is None or now.value != value:
            why = f"It was {value}."
            arguments = {"file": str(section.config.path), "key": key, "value": value}
            yield Step(tool="config.set", arguments={**arguments}, why=why)
    for place in section.settings.values():
        if known and place.key not in known and (step := place.removed("It was not there.")) is not None:
            yield step


def _own(section: Section) -> set[str]:
    return {_section_in(place.key) for place in section.settings.values()}


def _switched_on(case: Case, section: Section) -> Iterator[Candidate]:
    """It is in trouble because it does not run, so it is meant to; its siblings say how that is written."""
    steps: list[Step] = []
    count = section.settings.get("numprocs")
    if count is not None and count.value.strip() == "0":
        steps.append(section.set("numprocs", "1", "With none there is no process to start."))
    for name, usual in _SWITCHES.items():
        place = section.settings.get(name)
        if place is not None and place.value.strip().lower() in _FALSE:
            steps.append(section.set(name, _usual(case, section, name) or usual, "So do its siblings."))
    if not steps:
        return
    what = " and ".join(f"{str(s.arguments['key']).rpartition('.')[2]}" for s in steps)
    cause = f"{section.name} is not running, and {what} in {section.config.path.name} keeps it from coming back."
    because = f"supervisor of {section.service}: {_detail(case, section)}"
    yield from _repair(case, section, Mend(0.93, cause, tuple(steps), (because,)))


def _usual(case: Case, section: Section, name: str) -> str:
    """What most other programs say; "" where most of them leave it out."""
    others = [p for p in case.places if p.file == section.config.path and _section_in(p.key) not in _own(section)]
    programs = {_section_in(p.key) for p in others if _section_in(p.key).startswith(tuple(f"{k}:" for k in _KINDS))}
    said = [p.value.strip() for p in others if p.leaf == name and p.value.strip().lower() not in _FALSE]
    return max(set(said), key=said.count) if 2 * len(said) >= len(programs) > 0 else ""


def _found(case: Case, section: Section) -> Iterator[Candidate]:
    """Its command or its folder is not there: a path near it that others of the fleet use."""
    said = f"{_detail(case, section)} {' '.join(case.service(section.service).log[-20:])}"
    for name, pattern in (("command", _NO_COMMAND), ("directory", _NO_FOLDER)):
        found, place = pattern.search(said), section.settings.get(name)
        wrong = (found["word"] or found["other"]).rstrip(".,'") if found else ""
        if place is None or not wrong or wrong not in place.value:
            continue
        for path, surety in _near_paths(case, wrong):
            why = f"{wrong} is not there; others use {path}."
            step = place.set_to(place.value.replace(wrong, path, 1), why)
            cause = f"{name} of {section.name} in {section.config.path.name} names {wrong}, which is not there."
            said_so = f"supervisor of {section.service}: {found.group() if found else ''}"
            yield from _repair(case, section, Mend(surety, cause, (step,), (said_so,)))


def _near_paths(case: Case, wrong: str) -> Iterator[tuple[str, float]]:
    """(path, surety): the same program elsewhere, or one whose name is a slip away, as other settings name it."""
    known = [word for place in case.places for word in _paths_in(place.value) if word != wrong]
    declared = [str(path.state.path) for facts in case.facts.services.values() for path in facts.paths]
    counts = {path: known.count(path) for path in dict.fromkeys((*known, *declared))}
    for path in sorted(counts, key=lambda each: (-counts[each], each)):
        same_end = Path(path).name == Path(wrong).name and path.startswith("/")
        if same_end and (wrong.endswith(path) or path.endswith(wrong)):
            yield path, 0.92
        elif same_end or (is_near(path, wrong) and path.startswith("/")):
            yield path, 0.75 if is_near(path, wrong) or counts[path] > 1 else 0.55


def _paths_in(value: str) -> tuple[str, ...]:
    words = (word.strip("\"',;") for word in value.split())
    return tuple(word for word in words if os.sep in word and len(word) > _SHORTEST and "://" not in word)


def _after_its_needs(case: Case, section: Section) -> Iterator[Candidate]:
    """It gave up because nobody answered, and supervisord starts what it needs only after it."""
    gave_up = [h.clue for h in case.hints if h.clue.service == section.service and {"refused", "timeout"} & h.topics]
    if not gave_up or not _GAVE_UP.search(_detail(case, section)):
        return
    mine = _priority(section)
    later = [each for need in case.all_needs(section.service) for each in sections_of(case, need)
             if each.config.path == section.config.path and _priority(each) >= mine]  # fmt: skip
    if later:
        last = max(later, key=_priority)
        cause = f"{section.name} gave up as {last.name}, which it needs, is started no sooner than it."
        step = section.set("priority", str(_priority(last) + 1), f"After {last.name}, which it needs.")
        yield from _repair(case, section, Mend(0.6, cause, (step,), (str(gave_up[0]),)))


def _priority(section: Section) -> int:
    place = section.settings.get("priority")
    return int(place.value) if place is not None and place.value.strip().isdigit() else _PRIORITY


def _repair(case: Case, section: Section, mend: Mend) -> Iterator[Candidate]:
    """Supervisord takes a changed section over when the program is started by it."""
    then = [wake(case, section.service, "Supervisord takes its section over, and starts it.")]
    score = mend.score * case.scope(section.service)
    yield from repair(case, mend.mechanism, score, mend.cause, mend.steps, because=mend.because, then=then)


def _is_red(case: Case, service: str) -> bool:
    return any(reading.service == service for reading in case.brief.report.failing)


def _detail(case: Case, section: Section) -> str:
    status = case.service(section.service).status
    return status.detail if status else ""
