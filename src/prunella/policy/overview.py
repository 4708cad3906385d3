"""The policy of a fleet at a glance: how much is handed over of each service, and every rule with its line."""

import fnmatch
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import Autonomy
from prunella.domain.service import Fleet, PolicySpec
from prunella.fleet.policy import LISTS, REACH
from prunella.fleet.wording import rule_text, tool_rule_text
from prunella.nearest import did_you_mean
from prunella.policy.autonomy import levels_of
from prunella.policy.defaults import DEFAULTS
from prunella.policy.places import Places
from prunella.policy.subjects import Subjects
from prunella.policy.window import is_open

_ALWAYS = "what cannot be put back, and what its tool finds grave, asks whatever `allow` says"
_WHAT = {
    "max_changes_per_hour": "changes in any hour",
    "max_services": "services in one plan",
    "max_bytes": "bytes written by one plan",
    "max_rows": "rows changed by one plan",
}


@dataclass(frozen=True)
class Rule:
    """A rule as people write it, and where it stands."""

    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.place})"


@dataclass(frozen=True)
class Handed:
    """How much is handed over of one service, by which rule, and the rules that name it or its files."""

    name: str
    autonomy: str
    place: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Overview:
    """`sections` are headings with their lines, for people."""

    services: tuple[Handed, ...]
    rules: tuple[Rule, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def as_json(self) -> JsonValue:
        services: list[JsonValue] = [
            {"service": s.name, "autonomy": s.autonomy, "place": s.place, "rules": [_json(r) for r in s.rules]}
            for s in self.services
        ]
        return {
            "services": services,
            "rules": [_json(rule) for rule in self.rules],
            "sections": {heading: list(lines) for heading, lines in self.sections},
        }


def overview_of(fleet: Fleet, autonomy: Autonomy, tools: Collection[str], now: float) -> Overview:
    """`autonomy` is the run's, `tools` are the names of those that there are, `now` is seconds since the epoch."""
    spec, places = fleet.policy, Places(fleet.path, fleet.policy.lines)
    services = tuple(_handed(name, fleet, autonomy, places) for name in fleet.services)
    sections = {
        "tools": [str(rule) for rule in _of_tools(spec, places)],
        **{key: [str(rule) for rule in _listed(spec, key, places)] for key in reversed(LISTS)},
        "default": [*(f"{each.what} asks: {each.told}" for each in DEFAULTS), _ALWAYS],
        "limits": [_limit(spec, key, places) for key in REACH],
        "windows": list(_windows(spec, places, now)) or ["none: changes may be made at any hour"],
        "freezes": list(_freezes(spec, places, now)) or ["none"],
        "questions": [_questions(spec)],
        "probation": [f"{spec.probation_s:g} s after a heal a relapse reopens it" if spec.probation_s else "none"],
        "warnings": list(_warnings(spec, tools)),
    }
    rules = (*_of_tools(spec, places), *(rule for key in LISTS for rule in _listed(spec, key, places)))
    return Overview(services, rules, tuple((heading, tuple(lines)) for heading, lines in sections.items() if lines))


def _json(rule: Rule) -> JsonValue:
    return {"rule": rule.rule, "place": rule.place}


def _handed(name: str, fleet: Fleet, autonomy: Autonomy, places: Places) -> Handed:
    files = frozenset(f"file:{path}".casefold() for path in fleet.policy.files.get(name, ()))
    subjects = Subjects("", frozenset(), files | {f"service:{name.casefold()}"}, frozenset())
    bare = fleet.policy.model_copy(update={"tools": {}})
    level = levels_of(bare, autonomy, subjects, places)[0]
    own = tuple(_touching(fleet.policy, subjects, fleet, places))
    return Handed(name, level.autonomy.value, level.place or level.origin, own)


def _touching(spec: PolicySpec, subjects: Subjects, fleet: Fleet, places: Places) -> Iterator[Rule]:
    for key in LISTS:
        for pattern in getattr(spec, key):
            is_setting = pattern.casefold().startswith(
                tuple(f"config:{each[8:]}." for each in subjects.resources if each.startswith("service:"))
            )
            if is_setting or (":" in pattern and subjects.touched_by(pattern, fleet.folder)):
                rule = rule_text(key, pattern)
                yield Rule(rule, places.place(rule))


def _listed(spec: PolicySpec, key: str, places: Places) -> Iterator[Rule]:
    for pattern in getattr(spec, key):
        rule = rule_text(key, pattern)
        yield Rule(rule, places.place(rule))


def _of_tools(spec: PolicySpec, places: Places) -> Iterator[Rule]:
    for glob, autonomy in spec.tools.items():
        rule = tool_rule_text(glob, autonomy)
        yield Rule(rule, places.place(rule))


def _limit(spec: PolicySpec, key: str, places: Places) -> str:
    most: int | None = getattr(spec, key)
    rule = rule_text(key, most)
    where = places.place(rule) if places.has(rule) else "default"
    return f"{'any' if most is None else f'{most:,}'} {_WHAT[key]} ({where})"


def _windows(spec: PolicySpec, places: Places, now: float) -> Iterator[str]:
    for window in spec.windows:
        state = "open now" if is_open(window, now) else "closed now"
        yield f"{window.text}: {state} ({places.place(rule_text('windows', window.text))})"


def _freezes(spec: PolicySpec, places: Places, now: float) -> Iterator[str]:
    for freeze in spec.freezes:
        state = "over" if now >= freeze.ends else "to come" if now < freeze.begins else "now, nothing is changed"
        yield f"{freeze.text}: {state} ({places.place(rule_text('freezes', freeze.text))})"


def _questions(spec: PolicySpec) -> str:
    told = f", told to {' '.join(spec.approval_command)}" if spec.approval_command else ""
    return f"without an answer it is a no after {spec.approval_expires_s / 3600:g} h{told}"


def _warnings(spec: PolicySpec, tools: Collection[str]) -> Iterator[str]:
    """Globs over tools that match none."""
    globs = [(glob, f"{key} names") for key in LISTS for glob in getattr(spec, key) if ":" not in glob]
    for glob, where in (*globs, *((glob, "[policy.tools] names") for glob in spec.tools)):
        if not any(fnmatch.fnmatchcase(name.casefold(), glob.casefold()) for name in tools):
            yield f'{where} "{glob}", and no tool of a heal is called so. {did_you_mean(glob, tools)}'.rstrip()
