"""The whole way on a real service: healed twice by a model, then by what was learned, without a model."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from prunella.agents.approvers import Nobody
from prunella.brains.ladder import Ladder
from prunella.brains.reflex.brain import Reflex
from prunella.domain.brief import Brief
from prunella.domain.lesson import Lesson, Standing
from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.service import BrainsSpec
from prunella.healing.context import Context, Patience
from prunella.memory.book import LessonBook
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from prunella.supervisors.factory import supervisor_for
from prunella.wiring.brains import FunctionBrain
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.worker import Worker
from prunella.world.fleet_world import FleetWorld, digest_of
from tests.world.yard import Yard, end_all_in, free_port, listens, until


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    yield Yard(tmp_path.resolve())
    end_all_in(tmp_path.resolve())


@pytest.fixture
async def workshop(yard: Yard) -> AsyncIterator[Workshop]:
    async with open_workshop(Settings(yard.folder / "home", {})) as each:
        yield each


class Incident:
    """One service that answers 503 since somebody wrote so into its file; `model` counts what a model is asked."""

    def __init__(self, yard: Yard, workshop: Workshop, connection: sqlite3.Connection) -> None:
        self.yard, self.workshop, self.asked, self.has_shadow = yard, workshop, 0, True
        self.port = free_port()
        yard.write("app.env", f"PORT={self.port}\nMODE=plain\n")
        self.fleet = yard.fleet(yard.service("app", self.port))
        self.rows = SqliteLessons(connection)

    async def begin(self, fault: str = "STATUS=503\nBODY=the books are locked\n") -> None:
        """In a process of its own each time, and with nothing to go by but what was learned."""
        shutil.rmtree(self.workshop.home / "known-good", ignore_errors=True)
        self.yard.write("app.env", f"PORT={self.port}\nMODE=plain\n{fault}")
        app, output = self.fleet.services["app"], self.workshop.home / "output"
        supervisor = supervisor_for(app, self.fleet.path, output, lambda: digest_of(app.config))
        assert supervisor is not None
        await supervisor.restart()
        await until(lambda: listens(self.port))

    def model(self, brief: Brief) -> Plan:
        self.asked += 1
        edit = Step(tool="config.set", arguments={"file": "app.env", "key": "STATUS", "value": "200"})
        return Plan(
            cause="It is told to say 503.",
            steps=(edit, Step(tool="services.restart", arguments={"service": "app"})),
        )

    async def heal(self) -> RunRecord:
        heal = Heal(self.fleet, "Make app well.", ("app",), BrainsSpec(), Autonomy.AUTO, Nobody())
        record = await self.workshop.runs.open(heal.record(self.workshop))
        context = self._with_memory(heal_context(heal, record, self.workshop, []))
        return await Worker(self.workshop.loop, self.workshop.runs, heal.approver or Nobody()).work(record, context)

    def _with_memory(self, context: Context) -> Context:
        assert isinstance(context.world, FleetWorld)
        brain = Ladder([Reflex(context.world.newest_facts), FunctionBrain(self.model)])
        book = LessonBook(self.rows, self.workshop.clock, load=lambda: None)
        rehearsal = context.rehearsal if self.has_shadow else None
        return replace(
            context, brain=brain, lessons=book, rehearsal=rehearsal, relapse_s=0.0, patience=Patience(window_s=0.2)
        )

    async def lessons(self) -> tuple[Lesson, ...]:
        return await self.rows.of(str(self.fleet.path))


@pytest.fixture
def incident(yard: Yard, workshop: Workshop) -> Iterator[Incident]:
    with closing(connect(workshop.home / "state.db")) as connection:
        yield Incident(yard, workshop, connection)


async def test_a_cause_that_was_demonstrated_costs_no_second_model_call(incident: Incident) -> None:
    for _ in range(2):
        await incident.begin()
        ended = await incident.heal()
        assert ended.verdict is Verdict.ACHIEVED, ended.summary
        assert "(demonstrated)" in ended.summary
        (known,) = await incident.lessons()
        assert known.standing is Standing.RUNBOOK
    assert incident.asked == 1


async def test_after_promotion_a_known_incident_costs_no_model_call(incident: Incident) -> None:
    incident.has_shadow = False
    for standing in (Standing.LESSON, Standing.RUNBOOK):
        await incident.begin()
        ended = await incident.heal()
        assert ended.verdict is Verdict.ACHIEVED, ended.summary
        (known,) = await incident.lessons()
        assert known.standing is standing
    asked = incident.asked
    assert asked == 2
    await incident.begin()
    ended = await incident.heal()
    assert ended.verdict is Verdict.ACHIEVED, ended.summary
    assert incident.asked == asked
    (known,) = await incident.lessons()
    assert (known.healed, known.relapses, known.standing) == (3, 0, Standing.RUNBOOK)
    await incident.begin("STATUS=500\nBODY=another thing altogether\n")
    await incident.heal()
    assert incident.asked == asked + 1
