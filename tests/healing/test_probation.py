"""A heal that does not last: the verdict stands, and a relapse within the probation opens the run again."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph

from prunella.agents.approvers import Nobody
from prunella.domain.frozen import JsonValue
from prunella.domain.goal import Goal
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Proposal, Unsure
from prunella.domain.ruling import Autonomy
from prunella.domain.run import EventKind, Limits, RunRecord, Verdict
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse
from prunella.healing.acting import act, intend
from prunella.healing.approving import approve
from prunella.healing.context import Context, Patience
from prunella.healing.graph import Loop
from prunella.healing.judging import commit, judge, learn
from prunella.healing.observing import diagnose, observe
from prunella.healing.planning import plan as think
from prunella.healing.probation import CALM_S, on_probation, reopen
from prunella.healing.state import State
from prunella.healing.undoing import escalate, reflect, undo
from prunella.healing.vetting import vet
from prunella.memory.book import LessonBook
from prunella.policy.rules import Rules
from prunella.storage.checkpoints import domain_types
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from prunella.testing.clock import FakeClock
from prunella.testing.journal import MemoryJournal
from prunella.testing.models import ScriptedBrain
from prunella.testing.runs import MemoryRuns
from prunella.tools.toolbox import Tools
from prunella.workers.worker import Worker
from tests.laws.shop_floor import Floor, plan, setting

PROBATION_S = 60.0
HEAL, OTHER = plan(setting("tea", 5)), plan(setting("tea", 5), setting("milk", 4))
_numbers = itertools.count(1)


async def _next(state: State) -> str:
    return state.next


def _build_loop() -> Loop:
    graph = StateGraph(State, context_schema=Context)
    goes: dict[Any, list[str]] = {
        observe: ["diagnose", "judge", "learn"],
        diagnose: ["plan"],
        think: ["vet", "observe", "diagnose", "plan", "judge", "undo", "commit"],
        vet: ["approve", "reflect", "undo", "commit"],
        approve: ["intend", "vet", "reflect", "undo", "commit"],
        intend: ["act", "observe", "undo"],
        act: ["intend", "judge"],
        judge: ["commit", "observe", "diagnose", "undo", "reflect"],
        undo: ["reflect", "escalate", "end"],
        reflect: ["observe", "plan", "undo", "commit"],
        commit: ["learn", "undo", "end"],
        learn: ["reopen", "end"],
        reopen: ["observe"],
        escalate: ["end"],
    }
    graph.add_edge(START, "observe")
    for node, targets in goes.items():
        graph.add_node(node.__name__, node)
        graph.add_conditional_edges(node.__name__, _next, {each: END if each == "end" else each for each in targets})
    return graph.compile(checkpointer=InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=domain_types())))


LOOP = _build_loop()


@dataclass
class Ward:
    """A run on a floor, and its probation. `passes` is called at every look with the seconds since the verdict; what
    it changes is the relapse. `milk` says which prices of milk let tea stay green.
    """

    proposals: tuple[Proposal, ...]
    passes: Callable[["Ward", float], object]
    limits: Limits = Limits()
    lessons: LessonBook | None = None
    floor: Floor = field(default_factory=Floor)
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[tuple[EventKind, str, str]] = field(default_factory=list[tuple[EventKind, str, str]])
    looks: list[float] = field(default_factory=list[float])
    ended: list[RunRecord] = field(default_factory=list[RunRecord])

    def __post_init__(self) -> None:
        self.runs, self.run = MemoryRuns(), f"ward-{next(_numbers)}"
        self.journal, self.brain = MemoryJournal(self.runs, self.clock), ScriptedBrain(*self.proposals)

    def check(self) -> Any:
        """Also says how long ago the verdict was given, to whoever is to break something."""
        if self.ended and self.ended[-1].ended is not None:
            since = self.clock.now() - self.ended[-1].ended
            self.looks.append(since)
            self.passes(self, since)
        return self.floor.costs(tea=5)()

    async def live(self, probation_s: float = PROBATION_S) -> RunRecord:
        record = await self.runs.open(
            RunRecord(id=self.run, goal="Tea.", fleet="/f", services=("tea",), started=self.clock.now())
        )
        context = self._context(record)
        worker = Worker(LOOP, self.runs, Nobody())

        async def work(record: RunRecord, context: Context) -> RunRecord:
            self.ended.append(await worker.work(record, context))
            return self.ended[-1]

        ended = await work(record, context)
        return await on_probation(ended, context, probation_s, loop=LOOP, work=work, reopen=self.runs.reopen)

    def _context(self, record: RunRecord) -> Context:
        return Context(
            goal=Goal("Tea.", check=self.check), world=self.floor, brain=self.brain, tools=Tools(self.floor.tools()),
            policy=Rules(PolicySpec(), Autonomy.AUTO, Path("/fleet.toml")), journal=self.journal, runs=self.runs,
            clock=self.clock, emit=self._emit, token=record.token, since=self.clock.now(), limits=self.limits,
            patience=Patience(window_s=1.0, same_s=0.5, deadline_s=6.0, pause_s=0.1), lessons=self.lessons,
        )  # fmt: skip

    def _emit(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
        del data
        self.told.append((kind, node, text))

    def verdicts(self) -> list[Verdict | None]:
        return [each.verdict for each in self.ended]


def breaks_after(*moments: float) -> Callable[[Ward, float], None]:
    """Somebody sets the price of tea wrong, once after each verdict, so many seconds after it."""

    def passes(ward: Ward, since: float) -> None:
        number = len(ward.ended) - 1
        if number < len(moments) and since >= moments[number] and f"broken {number}" not in ward.floor.log:
            ward.floor.log.append(f"broken {number}")
            ward.floor.prices["tea"] = 1

    return passes


class Busying(FakeClock):
    """Once the ward has its verdict, another run takes its service."""

    def __init__(self, ward: Ward) -> None:
        super().__init__()
        self._ward, self._taken = ward, False

    async def sleep(self, seconds: float) -> None:
        if self._ward.ended and not self._taken:
            self._taken = True
            await self._ward.runs.open(RunRecord(id="o", goal="g", fleet="/f", services=("tea",), started=0.0))
        await super().sleep(seconds)


def never(ward: Ward, since: float) -> None:
    del ward, since


async def test_what_holds_is_left_alone_and_looked_at_calmly() -> None:
    ward = Ward((HEAL,), never)
    ended = await ward.live()
    assert (ended.verdict, ward.verdicts()) == (Verdict.ACHIEVED, [Verdict.ACHIEVED])
    assert ward.looks[-1] == pytest.approx(PROBATION_S)
    assert PROBATION_S / CALM_S <= len(ward.looks) <= 21
    assert ("probation", "It held for 60 s.") in [(node, text) for _, node, text in ward.told]


async def test_the_verdict_is_written_and_the_services_are_free_meanwhile() -> None:
    freed: list[bool] = []

    def passes(ward: Ward, since: float) -> None:
        del since
        freed.append(ward.ended[0].verdict is Verdict.ACHIEVED and ward.ended[0].ended is not None)

    ward = Ward((HEAL,), passes)
    await ward.live()
    assert freed
    assert all(freed)
    other = await ward.runs.open(RunRecord(id="o", goal="g", fleet="/f", services=("tea",), started=0.0))
    assert other.token


async def test_without_a_probation_nothing_is_looked_at_again() -> None:
    ward = Ward((HEAL,), breaks_after(0.0))
    assert (await ward.live(0.0)).verdict is Verdict.ACHIEVED
    assert ward.looks == []


async def test_a_relapse_opens_the_run_again_and_it_is_healed_in_another_way() -> None:
    ward = Ward((HEAL, OTHER), breaks_after(30.0))
    ended = await ward.live()
    assert ward.verdicts() == [Verdict.ACHIEVED, Verdict.ACHIEVED]
    assert ended.verdict is Verdict.ACHIEVED
    assert ward.floor.prices == {"tea": 5, "milk": 4, "salt": 3}
    (said,) = [text for kind, node, text in ward.told if (kind, node) == (EventKind.JUDGED, "probation")]
    assert "did not last" in said
    assert "tea costs 5" in said
    (attempt,) = ward.brain.briefs[-1].attempts
    assert attempt.plan.key == HEAL.key
    assert "did not last" in attempt.came_of_it
    assert [each.key for each in ward.brain.briefs[-1].kept] == [HEAL.key]


async def test_the_plan_that_relapsed_is_not_tried_again_as_it_is() -> None:
    ward = Ward((HEAL, HEAL, OTHER), breaks_after(10.0))
    await ward.live()
    assert HEAL.key in ward.brain.briefs[1].tried
    assert [text for kind, _, text in ward.told if kind is EventKind.REJECTED]
    assert {entry.plan for entry in await ward.journal.entries(ward.run)} == {HEAL.key, OTHER.key}


async def test_a_failure_after_a_relapse_puts_back_all_of_it() -> None:
    ward = Ward(
        (plan(setting("tea", 5), setting("salt", 9)), Unsure(why="no idea left"), Unsure(why="none")),
        breaks_after(30.0),
    )
    ended = await ward.live()
    assert ward.verdicts() == [Verdict.ACHIEVED, Verdict.ESCALATED]
    assert ended.verdict is Verdict.ESCALATED
    assert ward.floor.prices == {"tea": 3, "milk": 3, "salt": 3}
    assert {entry.outcome for entry in await ward.journal.entries(ward.run)} == {Outcome.UNDONE}


async def test_it_may_relapse_more_than_once_within_the_limits_that_are_left() -> None:
    plans: tuple[Plan, ...] = tuple(plan(setting("tea", 5), setting("milk", price)) for price in (4, 5, 6, 7))
    ward = Ward(plans, breaks_after(10.0, 10.0, 10.0, 10.0), limits=Limits(attempts=2))
    ended = await ward.live()
    assert ward.verdicts() == [Verdict.ACHIEVED, Verdict.ACHIEVED, Verdict.ESCALATED]
    assert "attempts" in ended.summary
    assert ward.floor.prices == {"tea": 3, "milk": 3, "salt": 3}


async def test_the_time_of_the_probation_is_not_spent() -> None:
    ward = Ward((HEAL, OTHER), breaks_after(900.0), limits=Limits(seconds=60.0))
    assert (await ward.live(1000.0)).verdict is Verdict.ACHIEVED
    assert len(ward.ended) == 2


async def test_a_flicker_is_no_relapse() -> None:
    def passes(ward: Ward, since: float) -> None:
        ward.floor.prices["tea"] = 1 if 20 <= since < 20.2 else 5

    ward = Ward((HEAL,), passes)
    assert (await ward.live()).verdict is Verdict.ACHIEVED
    assert len(ward.ended) == 1


async def test_a_check_that_cannot_be_asked_any_more_ends_the_probation() -> None:
    def passes(ward: Ward, since: float) -> None:
        raise Misuse(f"gone after {since:g} s")

    ward = Ward((HEAL,), passes)
    assert (await ward.live()).verdict is Verdict.ACHIEVED
    assert "cannot be looked at" in ward.told[-1][2]


async def test_ctrl_c_while_it_is_watched_leaves_the_heal() -> None:
    def passes(ward: Ward, since: float) -> None:
        if since > 20:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    ward = Ward((HEAL,), passes)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(ward.live())
    assert ward.floor.prices["tea"] == 5
    assert (await ward.runs.get(ward.run)).verdict is Verdict.ACHIEVED
    assert [entry.outcome for entry in await ward.journal.entries(ward.run)] == [Outcome.APPLIED]


async def test_a_relapse_is_left_to_the_run_that_holds_the_services_by_now() -> None:
    ward = Ward((HEAL, OTHER), breaks_after(30.0))
    ward.clock = Busying(ward)
    assert (await ward.live()).verdict is Verdict.ACHIEVED
    assert len(ward.ended) == 1
    assert ward.floor.prices["tea"] == 1
    assert "Left to the run" in ward.told[-1][2]


async def test_what_others_changed_meanwhile_is_theirs() -> None:
    def passes(ward: Ward, since: float) -> None:
        if since > 20:
            ward.floor.prices["salt"] = 8
        breaks_after(30.0)(ward, since)

    ward = Ward((HEAL, OTHER), passes)
    assert (await ward.live()).verdict is Verdict.ACHIEVED
    assert ward.floor.prices == {"tea": 5, "milk": 4, "salt": 8}


async def test_what_was_learned_of_it_is_trusted_less(tmp_path: Path) -> None:
    connection = connect(tmp_path / "s.db")
    rows = SqliteLessons(connection)
    ward = Ward((HEAL, Unsure(why="no idea left"), Unsure(why="none")), breaks_after(30.0))
    ward.lessons = LessonBook(rows, ward.clock, load=lambda: None)
    await ward.live()
    (lesson,) = await rows.of()
    assert (lesson.relapses, lesson.doubted_in, lesson.streak) == (1, ward.run, 0)
    connection.close()
