"""A stricter rule never allows more: over whole specs, for a step and for a plan, and shown to notice who breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Permission, Ruling, Scope
from prunella.domain.service import PolicySpec
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.fleet.calendar import freeze_in, window_in
from prunella.policy.rules import Rules
from prunella.policy.weighing import Weighed
from prunella.policy.window import is_open

FLEET = Path("/srv/prunella.toml")
ORDER, LEVELS = list(Permission), list(Autonomy)
FILES = {"a": (Path("/srv/a.env"),), "b": (Path("/srv/b.env"), Path("/srv/b/c.env"))}
GLOBS = ("*", "*.set", "services.stop", "config:port", "config:b.*", "file:a.env", "file:/srv/b/*", "service:a")
LIMITS = ("max_changes_per_hour", "max_services", "max_bytes", "max_rows")
DAY_S = 86_400.0
WINDOWS = tuple(window_in(text) for text in ("Thu 06:00-18:00", "Thu 22:00-06:00", "Fri 00:00-24:00"))
FREEZES = tuple(freeze_in(text) for text in ("1970-01-01", "1970-01-02", "1970-01-01T12:00/1970-01-02T12:00"))

TOUCHES = ((), ("service:a",), ("service:b", "service:a"), ("file:/srv/a.env",), ("file:/srv/b",), ("tool:x",))

globs = st.just(()) | st.tuples(st.sampled_from(GLOBS))
levels = st.sampled_from((Autonomy.AUTO, Autonomy.AUTO, *LEVELS))
small = st.integers(0, 3)


@dataclass(frozen=True)
class Case:
    """What somebody wants to do, and the policy that it meets."""

    spec: PolicySpec
    autonomy: Autonomy
    step: Step
    tool: ToolSpec
    prepared: Prepared
    scope: Scope


@st.composite
def specs(draw: st.DrawFn) -> PolicySpec:
    limit = st.none() | small
    return PolicySpec(
        tools=draw(st.dictionaries(st.sampled_from(("*", "*.set", "services.*")), levels, max_size=1)),
        services=draw(st.dictionaries(st.sampled_from(("a", "b")), levels, max_size=1)),
        files=FILES,
        allow=draw(globs),
        ask=draw(globs),
        deny=draw(globs),
        max_changes_per_hour=draw(limit),
        max_services=draw(limit),
        max_bytes=draw(limit),
        max_rows=draw(limit),
        windows=draw(st.sampled_from(((), WINDOWS[:1], WINDOWS[1:]))),
        freezes=draw(st.sampled_from(((), (), FREEZES[2:]))),
    )


@st.composite
def preparations(draw: st.DrawFn) -> Prepared:
    changed = [
        SettingChange(path=path, key=key, before="1", after="2") for path in FILES["b"] for key in ("port", "iban")
    ]
    return Prepared(
        touches=draw(st.sampled_from(TOUCHES)),
        changes=draw(st.just(()) | st.tuples(st.sampled_from(changed))),
        is_opaque=draw(st.booleans()),
        reversible=draw(st.sampled_from((True, True, False))),
        must_ask=draw(st.sampled_from(("", "", "it is grave"))),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    name = draw(st.sampled_from(("services.stop", "config.set", "files.write", "cards.refund")))
    risk = draw(st.sampled_from((Risk.CHANGE, *Risk)))
    services = ("a", "b", "c")[: draw(small)]
    scope = Scope(
        steps=draw(st.integers(1, 2)), services=services, written_bytes=draw(small), rows=draw(small),
        changes_last_hour=draw(small), at=draw(st.floats(0, 2 * DAY_S)),
    )  # fmt: skip
    return Case(
        draw(specs()), draw(levels), Step(tool=name, arguments={"key": draw(st.sampled_from(("port", "host")))}),
        ToolSpec(name=name, description="", risk=risk, parameters={}, returns={}), draw(preparations()), scope,
    )  # fmt: skip


def lower(draw: st.DrawFn, autonomy: Autonomy) -> Autonomy:
    return draw(st.sampled_from(LEVELS[: LEVELS.index(autonomy) + 1]))


def with_less(draw: st.DrawFn, words: dict[str, Autonomy], names: tuple[str, ...]) -> dict[str, Autonomy]:
    """One name, new or known, hands over no more than before."""
    name = draw(st.sampled_from(names))
    return {**words, name: lower(draw, words.get(name, Autonomy.AUTO))}


@st.composite
def tightened(draw: st.DrawFn, case: Case) -> list[tuple[str, Case]]:
    """For each kind of rule one more, or a stricter one."""
    spec, glob = case.spec, draw(st.sampled_from(GLOBS))
    fewer = spec.windows[1:] if len(spec.windows) > 1 else spec.windows or (draw(st.sampled_from(WINDOWS)),)
    changes: dict[str, object] = {
        "ask": (glob, *spec.ask),
        "deny": (glob, *spec.deny),
        "allow": spec.allow[1:],
        "tools": with_less(draw, spec.tools, ("*", "*.set", "services.*")),
        "services": with_less(draw, spec.services, ("a", "b")),
        "windows": fewer,
        "freezes": (*spec.freezes, draw(st.sampled_from(FREEZES))),
    }
    for key in LIMITS:
        now: int | None = getattr(spec, key)
        changes[key] = draw(small if now is None else st.integers(0, now))
    stricter = [(key, replace(case, spec=spec.model_copy(update={key: change}))) for key, change in changes.items()]
    return [("autonomy", replace(case, autonomy=lower(draw, case.autonomy))), *stricter]


Build = Callable[[PolicySpec, Autonomy, Path], Rules]


def words(build: Build, case: Case) -> tuple[int, int]:
    """How strict it is with the step, and with the plan."""
    rules = build(case.spec, case.autonomy, FLEET)
    rulings = rules.rule(case.step, case.tool, case.prepared), rules.rule_plan(case.scope)
    step, plan = (ORDER.index(ruling.permission) for ruling in rulings)
    return step, plan


def prove(build: Build, examples: int, *phases: Phase) -> None:
    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, phases=phases or tuple(Phase))
    @given(st.data())
    def law(data: st.DataObject) -> None:
        case = data.draw(cases())
        before = words(build, case)
        for what, stricter in data.draw(tightened(case)):
            after = words(build, stricter)
            assert before[0] <= after[0], f"{what}: the step"
            assert before[1] <= after[1], f"{what}: the plan"

    law()


def test_a_stricter_rule_never_allows_more() -> None:
    prove(Rules, 120)


ALLOWED = Ruling(permission=Permission.ALLOW, reason="a mutant says so")
ASKED = Ruling(permission=Permission.ASK, reason="a mutant says so")


class AskBeforeDeny(Rules):
    """The lists are read in another order."""

    def weigh(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Iterator[Weighed]:
        yield from sorted(super().weigh(step, spec, prepared), key=lambda each: not each.rule.startswith("ask"))


class TheServiceDecides(Rules):
    """The nearest word wins, as in many configurations."""

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        words = [word for name, word in self.spec.services.items() if f"service:{name}" in prepared.touches]
        return Rules(self.spec, (words or [self.autonomy])[0], self.fleet_path).rule(step, spec, prepared)


class TheToolDecides(Rules):
    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        autonomy = self.spec.tools.get("*", self.autonomy)
        return Rules(self.spec, autonomy, self.fleet_path).rule(step, spec, prepared)


class MildestLevel(Rules):
    """Of several words about a service and its tools, the mildest holds."""

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        words = (self.autonomy, *self.spec.tools.values(), *self.spec.services.values())
        bare = self.spec.model_copy(update={"tools": {}, "services": {}})
        return Rules(bare, max(words, key=LEVELS.index), self.fleet_path).rule(step, spec, prepared)


class AnAskIsAnAnswer(Rules):
    """Who is asked about a step is believed to have been asked about everything that its tool finds grave."""

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        ruling = super().rule(step, spec, prepared)
        return ALLOWED if self.spec.ask and prepared.must_ask and ruling.permission is Permission.ASK else ruling


class WindowsReplaceLimits(Rules):
    def rule_plan(self, scope: Scope) -> Ruling:
        bare = self.spec.model_copy(update=dict.fromkeys(LIMITS) if self.spec.windows else {})
        return Rules(bare, self.autonomy, self.fleet_path).rule_plan(scope)


class AnOpenWindowLiftsAFreeze(Rules):
    def rule_plan(self, scope: Scope) -> Ruling:
        is_any_open = any(is_open(window, scope.at) for window in self.spec.windows)
        return ALLOWED if is_any_open else super().rule_plan(scope)


class AFreezeOnlyAsks(Rules):
    def rule_plan(self, scope: Scope) -> Ruling:
        holds = any(freeze.begins <= scope.at < freeze.ends for freeze in self.spec.freezes)
        return ASKED if holds else super().rule_plan(scope)


class ZeroIsNoLimit(Rules):
    def rule_plan(self, scope: Scope) -> Ruling:
        bare = self.spec.model_copy(update={key: getattr(self.spec, key) or None for key in LIMITS})
        return Rules(bare, self.autonomy, self.fleet_path).rule_plan(scope)


class TheLastLimitDecides(Rules):
    """A plan that is within its last limit is within all."""

    def rule_plan(self, scope: Scope) -> Ruling:
        bare: dict[str, None] = dict.fromkeys(LIMITS[:-1]) if self.spec.max_rows is not None else {}
        return Rules(self.spec.model_copy(update=bare), self.autonomy, self.fleet_path).rule_plan(scope)


@pytest.mark.parametrize("mutant", Rules.__subclasses__())
def test_who_breaks_it_is_noticed(mutant: type[Rules]) -> None:
    with pytest.raises(AssertionError, match=r"the (step|plan)"):
        prove(mutant, 400, Phase.generate)
