"""The real loop and the real worker on memory and a clock of their own: a run takes milliseconds and can die anywhere.

A law is an async function of `draw` and a `Mutant`; `prove` runs it over many examples, and `kills` shows that it
fails for a system with exactly one thing broken.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from prunella.agents.approvers import Nobody
from prunella.domain.brief import Brief
from prunella.domain.frozen import JsonValue
from prunella.domain.goal import Goal
from prunella.domain.journal import Entry
from prunella.domain.plan import Proposal, Unsure
from prunella.domain.ruling import Autonomy
from prunella.domain.run import EventKind, Limits, RunRecord
from prunella.domain.service import PolicySpec
from prunella.domain.usage import Usage
from prunella.healing.context import Context, Patience
from prunella.healing.graph import Loop, Node, build_loop
from prunella.policy.rules import Rules
from prunella.protocols import Approver, Brain, EvidenceStore, Journal, Lessons, Policy, Spending, Tool, Toolbox, World
from prunella.storage.checkpoints import domain_types
from prunella.testing.clock import FakeClock
from prunella.testing.crashing import CrashingJournal, CrashingTools, Died, Fuse
from prunella.testing.journal import MemoryJournal
from prunella.testing.runs import MemoryRuns
from prunella.tools.toolbox import Tools
from prunella.workers.worker import Worker

T = TypeVar("T")


class Draw:
    """Hypothesis' `draw`, with a type."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def __call__(self, strategy: st.SearchStrategy[T]) -> T:
        return self._data.draw(strategy)


def _same_journal(journal: Journal) -> Journal:
    return journal


def _same_tools(tools: Toolbox) -> Toolbox:
    return tools


@dataclass(frozen=True)
class Mutant:
    """A system with one thing broken: nodes of the loop, or what is wrapped around journal, tools and worker."""

    name: str = "none"
    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])
    journal: Callable[[Journal], Journal] = _same_journal
    tools: Callable[[Toolbox], Toolbox] = _same_tools
    worker: type[Worker] = Worker


HEALTHY = Mutant()
_loops: dict[str, Loop] = {}
_numbers = itertools.count(1)


def _loop_of(mutant: Mutant) -> Loop:
    """Compiled once a mutant: that takes longer than a run. Every trial has a thread of its own in it."""
    if mutant.name not in _loops:
        saver = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=domain_types()))
        _loops[mutant.name] = build_loop(saver, **mutant.nodes)
    return _loops[mutant.name]


Law = Callable[[Draw, Mutant], Coroutine[None, None, None]]


def prove(law: Law, mutant: Mutant = HEALTHY, *, examples: int = 40) -> None:
    """Raises what the law raises for the first example that breaks it; the same examples every time."""
    phases = (Phase.generate, Phase.shrink) if mutant is HEALTHY else (Phase.generate,)

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, report_multiple_bugs=False,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large), phases=phases,
    )  # fmt: skip
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        asyncio.run(law(Draw(data), mutant))

    holds()


def kills(law: Law, mutant: Mutant, *, examples: int = 150) -> None:
    """The law notices the mutant, by an assertion of its own."""
    with pytest.raises(AssertionError) as caught:
        prove(law, mutant, examples=examples)
    assert Path(caught.traceback[-1].path).parent == Path(__file__).parent, caught.value


@dataclass
class Recorded:
    """A brain that makes its proposals in order, over all lives; after them it is unsure."""

    proposals: tuple[Proposal, ...]
    made: int = 0
    name: str = "recorded"
    usage: Usage = Usage()

    async def propose(self, brief: Brief) -> Proposal:
        self.made += 1
        return self.proposals[self.made - 1] if self.made <= len(self.proposals) else Unsure(why="out of ideas")


@dataclass
class Trial:
    """One run in one world. `places` are those at which it could have died, in all its lives."""

    world: World
    tools: tuple[Tool, ...]
    goal: Goal
    proposals: tuple[Proposal, ...]
    mutant: Mutant = HEALTHY
    approver: Approver = field(default_factory=Nobody)
    autonomy: Autonomy = Autonomy.AUTO
    policy: PolicySpec = PolicySpec()
    limits: Limits = Limits()
    changes_per_hour: int = 1000
    patience: Patience = Patience(window_s=1.0, same_s=0.5, deadline_s=6.0, pause_s=0.1)
    clock: FakeClock = field(default_factory=FakeClock)
    passed: Callable[[str], None] | None = None
    places: list[str] = field(default_factory=list[str])
    thinker: Brain | None = None
    spending: Spending | None = None
    lessons: Lessons | None = None
    evidence: EvidenceStore | None = None
    runs: MemoryRuns = field(init=False)
    disk: MemoryJournal = field(init=False)
    brain: Recorded = field(init=False)
    run: str = field(init=False)

    def __post_init__(self) -> None:
        self.runs, self.brain, self.run = MemoryRuns(), Recorded(self.proposals), f"trial-{next(_numbers)}"
        self.disk = MemoryJournal(self.runs, self.clock)
        self._journal = self.mutant.journal(self.disk)

    async def live(self, *deaths: int, after_each: Callable[[], Awaitable[None]] | None = None) -> RunRecord:
        """Run to the verdict; die at each of `deaths` (a place, counted from 1 in each life) and go on from there."""
        record = await self.runs.open(RunRecord(id=self.run, goal=self.goal.text, started=self.clock.now()))
        for death in deaths:
            try:
                return await self._work(record, death)
            except Died:
                if after_each is not None:
                    await after_each()
                record = await self.runs.seize(record.id)
        return await self._work(record, 0)

    async def entries(self) -> tuple[Entry, ...]:
        """As they lie on the disk."""
        return await self.disk.entries(self.run)

    async def _work(self, record: RunRecord, death: int) -> RunRecord:
        fuse = Watched(death, passed=self.passed)
        try:
            worker = self.mutant.worker(_loop_of(self.mutant), self.runs, self.approver)
            return await worker.work(record, self._context(record, fuse))
        finally:
            self.places += fuse.places

    def _context(self, record: RunRecord, fuse: Fuse) -> Context:
        spec = self.policy.model_copy(update={"max_changes_per_hour": self.changes_per_hour})
        rules: Policy = Rules(spec, self.autonomy, Path("/fleet.toml"))
        return Context(
            goal=self.goal, world=self.world, brain=self.thinker or self.brain, policy=rules,
            runs=self.runs, clock=self.clock,
            tools=CrashingTools(self.mutant.tools(Tools(self.tools)), fuse),
            journal=CrashingJournal(self._journal, fuse),
            emit=_quiet, token=record.token, since=self.clock.now(), limits=self.limits,
            patience=self.patience, spending=self.spending,
            lessons=self.lessons, evidence=self.evidence,
        )  # fmt: skip


@dataclass
class Watched(Fuse):
    """A fuse at whose places others may do things, too."""

    passed: Callable[[str], None] | None = None

    def at(self, place: str) -> None:
        if self.passed is not None:
            self.passed(place)
        super().at(place)


def _quiet(kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
    del kind, node, text, data
