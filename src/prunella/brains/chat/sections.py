"""The paragraphs of a prompt: what a brief has to say, section by section, and what of it may be left out."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from prunella.brains.chat.fencing import fence, one_line, size, trim
from prunella.brains.chat.wire import find_spec, plain_parameters, readers_first
from prunella.domain.brief import Brief, Rejection
from prunella.domain.evidence import Evidence, EvidenceKind, Observation
from prunella.domain.fingerprint import fingerprint
from prunella.domain.lesson import Lesson
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reach, Reading
from prunella.domain.run import Attempt
from prunella.domain.tool import ToolSpec
from prunella.tools.names import wire_name

_GOAL, _TOOLS, _READINGS, _TEXT, _REASONS, _ANSWER = 4_000, 4_000, 2_500, 1_500, 1_500, 4_000
_MOST_EVIDENCE, _MOST_BODY, _MOST_DETAIL, _MOST_TRACEBACK = 1_500, 600, 300, 1_200
_MOST_LESSONS, _MOST_CALLS = 3, 8
_REACH = {Reach.NOBODY: "nobody there", Reach.SILENT: "no answer", Reach.WRONG: "wrong answer", Reach.RIGHT: "right"}

Rank = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Piece:
    """One paragraph of a section. `rank` None is never left out; of the others the lowest goes first."""

    section: str
    text: str
    rank: Rank | None = None


def pieces_of(brief: Brief, fault: str, scale: float = 1.0) -> Iterator[Piece]:
    """All that there is to say, in order; every bound on its length is taken times `scale`."""
    return _Sections(brief, scale).all(fault)


class _Sections:
    def __init__(self, brief: Brief, scale: float) -> None:
        self._brief, self._scale = brief, scale

    def all(self, fault: str) -> Iterator[Piece]:
        yield Piece("GOAL", self._cut(self._brief.goal, _GOAL))
        yield from (Piece("TOOLS", text) for text in describe_tools(self._brief.tools, self._most(_TOOLS)))
        if self._brief.optimising:
            yield Piece("OBJECTIVE", self._cut(self._brief.optimising, _MOST_BODY))
        yield from self._readings()
        yield from self._lessons()
        yield from self._evidence()
        if self._brief.summary:
            yield Piece("EARLIER, IN SHORT", fence("a summary", self._cut(self._brief.summary, _TEXT)), (5, 0))
        yield from self._newest_first("DONE AND KEPT: BUILD ON IT", self._brief.kept, self._describe_plan)
        yield from self._newest_first("TRIED, IN ORDER", self._brief.attempts, self._describe_attempt)
        section = "REJECTED BEFORE ANYTHING WAS TOUCHED"
        yield from self._newest_first(section, self._brief.rejections, self._describe_rejection)
        yield Piece("LIMITS", _limits(self._brief))
        if fault:
            yield Piece("YOUR LAST ANSWER WAS NOT USABLE", self._cut(one_line(fault), _MOST_BODY))

    def _most(self, most: int) -> int:
        return max(40, int(most * self._scale))

    def _cut(self, text: str, most: int) -> str:
        return trim(text, self._most(most))

    def _readings(self) -> Iterator[Piece]:
        failing, left = self._brief.report.failing, self._most(_READINGS)
        for place, reading in enumerate(failing):
            text = self._describe_reading(reading, with_body=len(failing) <= 5)
            left -= size(text)
            if place and left < 0:
                more = ", ".join(each.probe for each in failing[place:])
                yield Piece("FAILING PROBES", f"and {len(failing) - place} more: {self._cut(more, 400)}")
                break
            yield Piece("FAILING PROBES", text)
        green = ", ".join(reading.probe for reading in self._brief.report.readings if reading.ok)
        if green:
            yield Piece("FAILING PROBES", f"green: {self._cut(green, 400)}")
        if not self._brief.report.readings:
            yield Piece("FAILING PROBES", "none: nothing probes this goal")

    def _describe_reading(self, reading: Reading, *, with_body: bool) -> str:
        seen = self._cut(reading.detail, _MOST_DETAIL)
        if reading.body and with_body:
            seen += f"\n{self._cut(reading.body, _MOST_BODY)}"
        return fence(self._label(f"{reading.probe}{_of(reading.service)}: {_REACH[reading.reach]}"), seen)

    def _label(self, text: str) -> str:
        return self._cut(text, 600)

    def _lessons(self) -> Iterator[Piece]:
        for place, lesson in enumerate(self._brief.lessons[:_MOST_LESSONS]):
            same = lesson.trouble.fingerprint == self._brief.known_as
            section = "HEALED THIS BEFORE" if same else "HELPED WITH SIMILAR TROUBLE"
            yield Piece(section, self._describe_lesson(lesson), (4, -place))

    def _describe_lesson(self, lesson: Lesson) -> str:
        often = f"healed {_times(lesson.healed)}"
        often += f", did not last {_times(lesson.relapses)}" if lesson.relapses else ""
        return fence(often, f"{self._cut(lesson.cause, 300)}\n→ {self._cut(self._describe_steps(lesson.steps), 600)}")

    def _evidence(self) -> Iterator[Piece]:
        facts = _without_repeats(self._brief.evidence)
        in_trouble = {reading.service for reading in self._brief.report.failing}
        errors = [place for place, fact in enumerate(facts) if fact.is_error]
        if readers := readers_first(self._brief):
            names = trim(" or ".join(wire_name(spec.name) for spec in readers), 300)
            yield Piece("EVIDENCE", f"none yet: look first, with {names}; repair when you have seen what is wrong")
        for place, fact in enumerate(facts):
            rank = None if errors and place == errors[-1] else (_relevance(fact, in_trouble), place)
            yield Piece("EVIDENCE", self._describe_fact(fact), rank)

    def _describe_fact(self, fact: Evidence) -> str:
        label = self._label(f"{fact.kind}{_of(fact.service)} from {fact.source}")
        return fence(label + _where_more(fact.handle), self._cut(fact.text, _MOST_EVIDENCE))

    def _newest_first(self, section: str, things: Sequence[T], describe: Callable[[T, bool], str]) -> Iterator[Piece]:
        """In the order given; the last is told in full and never left out."""
        for place, thing in enumerate(things):
            is_last = place == len(things) - 1
            yield Piece(section, describe(thing, is_last), None if is_last else (3, place))

    def _describe_plan(self, plan: Plan, _: bool) -> str:
        return fence(self._cut(plan.cause, 200), self._cut(self._describe_steps(plan.steps), 600))

    def _describe_attempt(self, attempt: Attempt, in_full: bool) -> str:
        seen = [f"came of it: {self._cut(attempt.came_of_it, _MOST_BODY)}"]
        seen += self._describe_calls(attempt.observations) if in_full else []
        steps = self._cut(self._describe_steps(attempt.plan.steps), 600)
        return fence(f"{self._cut(attempt.plan.cause, 200)} → {steps}", "\n".join(seen))

    def _describe_calls(self, observations: tuple[Observation, ...]) -> list[str]:
        """The newest calls; of them only the last failure with its traceback."""
        failed = [place for place, observation in enumerate(observations) if not observation.ok]
        first = max(0, len(observations) - _MOST_CALLS)
        shown = sorted({*range(first, len(observations)), *failed[-1:]})
        return [self._describe_call(observations[place], in_full=place in failed[-1:]) for place in shown]

    def _describe_call(self, observation: Observation, *, in_full: bool) -> str:
        said = self._cut(str(observation), _MOST_BODY if in_full else 200) + _where_more(observation.handle)
        if not (in_full and observation.traceback):
            return said
        return f"{said}\n{self._cut(observation.traceback, _MOST_TRACEBACK)}"

    def _describe_rejection(self, rejection: Rejection, in_full: bool) -> str:
        """The last answer of its own is told in full: it has to be mended."""
        reasons = "\n".join(f"- {reason}" for reason in rejection.reasons)
        if rejection.answered is None:
            return fence(self._cut(rejection.steps, 400), self._cut(reasons, _REASONS))
        said = self._cut(rejection.steps, _ANSWER if in_full else 400)
        return fence("an answer of yours, and why it is none", f"{said}\n\n{self._cut(reasons, _REASONS)}")

    def _describe_steps(self, steps: tuple[Step, ...]) -> str:
        return "; ".join(_describe_step(step, self._brief) for step in steps)


def describe_tools(specs: tuple[ToolSpec, ...], most: int) -> list[str]:
    """A line each in at most about `most` bytes: where there are many, descriptions are cut, then go, then all but the
    names, and in the end those go that stand last.
    """
    for describe in (_describe, _describe_shortly, _name_parameters):
        lines = [describe(spec) for spec in specs]
        if sum(map(size, lines)) <= most:
            return lines
    return [f"- {trim(', '.join(f'{wire_name(spec.name)} [{spec.risk}]' for spec in specs), most)}"]


def _describe(spec: ToolSpec, most: int = 240) -> str:
    parameters = plain_parameters(spec)
    required = parameters.get("required", [])
    given = [_describe_parameter(k, v, k in required) for k, v in parameters["properties"].items()]
    return f"- {wire_name(spec.name)}({', '.join(given)}) [{spec.risk}]: {_shorten(spec.description, most)}"


def _describe_shortly(spec: ToolSpec) -> str:
    return f"{_name_parameters(spec)}: {_shorten(spec.description, 80)}"


def _name_parameters(spec: ToolSpec) -> str:
    names = ", ".join(plain_parameters(spec)["properties"])
    return f"- {wire_name(spec.name)}({trim(names, 120)}) [{spec.risk}]"


def _describe_parameter(name: str, schema: dict[str, object], required: bool) -> str:
    kind = "|".join(_choices(schema)) or str(schema.get("type", "any"))
    about = _shorten(str(schema.get("description", "")), 100)
    return f"{name}{'' if required else '?'}: {trim(kind, 100)}" + (f" ({about})" if about else "")


def _choices(schema: dict[str, object]) -> list[str]:
    listed = cast("list[object]", schema.get("enum", []))
    return [str(choice) for choice in (listed or [schema[key] for key in ("const",) if key in schema])]


def _describe_step(step: Step, brief: Brief) -> str:
    spec = find_spec(step.tool, brief.tools)
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in step.arguments.items())
    return f"{wire_name(spec.name) if spec else step.tool}({arguments})"


def _limits(brief: Brief) -> str:
    limits, spent = brief.limits, brief.spent
    return (
        f"left: {limits.attempts - spent.attempts} attempts, {limits.plans - spent.plans} plans, "
        f"{limits.steps - spent.steps} steps, {limits.seconds - spent.seconds:.0f} s, "
        f"{limits.tokens - spent.tokens} tokens"
    )


def _relevance(fact: Evidence, in_trouble: set[str | None]) -> int:
    if fact.is_error or fact.kind is EvidenceKind.LOOKUP:
        return 2
    return 1 if fact.service in in_trouble else 0


def _without_repeats(facts: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The newest of facts that say the same, as far as they are shown."""
    shown = [fingerprint(f"{trim(fact.source, 600)} {trim(fact.text, _MOST_EVIDENCE)}") for fact in facts]
    newest = {mark: place for place, mark in enumerate(shown)}
    return tuple(fact for place, fact in enumerate(facts) if newest[shown[place]] == place)


def _shorten(text: str, most: int) -> str:
    return trim(one_line(text[: 4 * most]), most)


def _where_more(handle: str) -> str:
    return f" (the beginning and end of more: evidence_search finds in all of it, by handle {handle})" if handle else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _of(service: str | None) -> str:
    return f" of {service}" if service else ""
