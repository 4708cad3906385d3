"""From the parts to a heal: what a run is called, what its context holds, and whose words are shown."""

import json
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from prunella.agents.approvers import Nobody
from prunella.brains.reflex.brain import Reflex
from prunella.brains.roles.delegating import Delegating
from prunella.brains.roles.summarising import Summarising
from prunella.domain.brief import Brief
from prunella.domain.facts import Facts
from prunella.domain.plan import Answer, Considered, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.report import Report
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Event, EventKind, Verdict
from prunella.domain.service import BrainsSpec
from prunella.errors import Misuse
from prunella.fleet.file import load_fleet
from prunella.redaction.redactor import Redactor
from prunella.storage.checkpoints import remembered
from prunella.testing.models import ScriptedBrain
from prunella.wiring.brains import Roles, Study, brain_of, roles_of
from prunella.wiring.discreet import Discreet
from prunella.wiring.heal import Heal, carry_out, heal_context
from prunella.wiring.records import open_records
from prunella.wiring.room import refuse_full_disk
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, new_run_id, open_workshop
from prunella.world.fleet_world import FleetWorld
from tests.world.yard import Yard, free_port, listens, until


async def observe() -> Facts:
    raise AssertionError("nobody asks")


STUDY = Study({}, observe=observe)


class Hears:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
async def workshop(yard: Yard) -> AsyncIterator[Workshop]:
    async with open_workshop(Settings(yard.folder / "home", {})) as each:
        yield each


def heal_of(yard: Yard, *brains: str) -> Heal:
    port, other = free_port(), free_port()
    yard.write("app.env", f"PORT={port}\n")
    yard.write("other.env", f"PORT={other}\n")
    fleet = yard.fleet(yard.service("app", port), yard.service("other", other))
    return Heal(fleet, "Make app well.", ("app",), BrainsSpec(ladder=brains or ("reflex",)), Autonomy.AUTO, Nobody())


def test_all_that_is_wrong_with_a_ladder_is_said_at_once() -> None:
    with pytest.raises(Misuse) as caught:
        brain_of(Roles(("reflexx", "openai:gpt-5", "ollama:")), STUDY)
    for word in ("reflexx", "OPENAI_API_KEY", "ollama"):
        assert word in str(caught.value)
    with pytest.raises(Misuse, match="No brain is named"):
        brain_of(Roles(()), STUDY)
    with pytest.raises(Misuse, match="reasons over a fleet"):
        brain_of(Roles("reflex"), Study({}))


def test_every_role_has_its_ladder_and_the_reflex_rung_persists() -> None:
    study = Study({"OPENAI_API_KEY": "k"}, observe=observe)
    ladder = brain_of(roles_of(BrainsSpec(ladder=("reflex", "gpt-4o"), act=("gpt-4o-mini",))), study)
    assert ladder.name == "reflex → gpt-4o"
    assert [rung.persists for rung in ladder.rungs] == [True, False]
    assert [type(rung.brain) for rung in ladder.rungs] == [Reflex, Delegating]


def test_a_model_that_is_its_own_actor_plans_and_acts_in_one() -> None:
    study = Study({"OPENAI_API_KEY": "k"})
    ladder = brain_of(Roles("gpt-4o", act="gpt-4o", judge="gpt-4o-mini", summarise="gpt-4o-mini"), study)
    assert [type(rung.brain) for rung in ladder.rungs] == [Summarising]


async def test_a_record_says_what_was_asked(yard: Yard, workshop: Workshop) -> None:
    heal = heal_of(yard, "reflex", "openai:gpt-5")
    one, two = heal.record(workshop), heal.record(workshop)
    assert (one.goal, one.services, one.brain) == ("Make app well.", ("app",), "reflex → openai:gpt-5")
    assert (one.fleet, one.verdict, one.ended, one.token) == (str(yard.folder / "prunella.toml"), None, None, 0)
    assert one.id != two.id
    assert await workshop.runs.list() == ()


def test_ids_are_short_and_sorted_by_time() -> None:
    assert re.fullmatch(r"\d{4}-\d{6}-[0-9a-f]{4}", new_run_id())


async def test_the_targets_are_the_runs_own_services(yard: Yard, workshop: Workshop) -> None:
    heal = heal_of(yard)
    for services, targets in ((("other",), ("other",)), (("gone", "other"), ("other",)), (("gone",), ("app",))):
        record = heal.record(workshop).model_copy(update={"services": services, "token": 7})
        context = heal_context(heal, record, workshop, [])
        assert isinstance(context.world, FleetWorld)
        assert (context.world.targets, context.token, context.goal.text) == (targets, 7, "Make app well.")
    names = {spec.name.partition(".")[0] for spec in context.tools.specs}
    assert names == {"config", "services", "files", "http"}
    assert context.fleet == str(heal.fleet.path)


async def test_a_heal_ends_with_its_verdict_and_no_checkpoints(yard: Yard, workshop: Workshop) -> None:
    heal, hears = heal_of(yard), Hears()
    alone = heal.fleet.model_copy(update={"services": {"app": heal.fleet.services["app"]}})
    heal = replace(heal, fleet=alone)
    record = await workshop.runs.open(heal.record(workshop))
    ended = await carry_out(heal, record, workshop, [hears])
    assert ended.verdict is Verdict.ACHIEVED, ended.summary
    port = int((yard.folder / "app.env").read_text().strip().removeprefix("PORT="))
    await until(lambda: listens(port))
    assert record.id not in await remembered(workshop.saver)
    assert hears.events[-1].kind is EventKind.VERDICT
    with open_records(workshop.settings) as records:
        assert [(each.id, each.verdict) for each in await records.runs.list()] == [(record.id, Verdict.ACHIEVED)]
        assert [entry.step.tool for entry in await records.journal.entries(record.id)] == ["services.start"]


async def test_a_secret_never_reaches_the_timeline(yard: Yard, workshop: Workshop) -> None:
    """What a brain says, what a tool is given and what a log tells."""
    heal, hears = heal_of(yard), Hears()
    yard.write("app.env", (yard.folder / "app.env").read_text() + "CRASH=1\nDB_PASSWORD=s3cret-for-nobody\n")
    command = json.dumps([sys.executable, "-c", "print('fatal: s3cret-for-nobody is refused'); raise SystemExit(1)"])
    lines = (yard.folder / "prunella.toml").read_text()
    (yard.folder / "prunella.toml").write_text(
        lines.replace('config = ["app.env"]', f'config = ["app.env"]\npreflight = {command}')
    )
    heal = replace(heal, fleet=load_fleet(heal.fleet.path), autonomy=Autonomy.SUGGEST)
    record = await workshop.runs.open(heal.record(workshop))
    ended = await carry_out(heal, record, workshop, [hears])
    assert ended.verdict is Verdict.ESCALATED
    told = " ".join(event.model_dump_json() for event in hears.events)
    assert "[redacted]" in told
    assert "s3cret" not in told + ended.model_dump_json()


PLAN = Plan(
    cause="hush-hush-42 is old",
    because=("it says hush-hush-42",),
    steps=(Step(tool="config.set", arguments={"value": "hush-hush-42"}, why="hush-hush-42"),),
    considered=(Considered(plan="hush-hush-42", why_not="hush-hush-42"),),
)


@pytest.mark.parametrize(
    "proposal",
    [PLAN, LookUp(steps=PLAN.steps), Answer(text="hush-hush-42"), Unsure(why="hush-hush-42")],
    ids=lambda proposal: proposal.kind,
)
async def test_words_are_cleaned_and_deeds_are_not(proposal: Proposal) -> None:
    brain = Discreet(ScriptedBrain(proposal, tokens_each=3), Redactor(["hush-hush-42"]))
    said = await brain.propose(Brief(goal="g", report=Report()))
    assert (brain.name, brain.usage.tokens) == ("scripted", 3)
    steps = said.steps if isinstance(said, Plan | LookUp) else ()
    assert all(step.arguments == {"value": "hush-hush-42"} for step in steps)
    words = said.model_dump_json(exclude={"steps": {"__all__": {"arguments"}}})
    assert "hush" not in words
    assert words.count("[redacted]") == {"plan": 5, "lookup": 1}.get(said.kind, 1)


def test_a_place_that_is_not_there_yet_has_the_room_of_its_disk(tmp_path: Path) -> None:
    refuse_full_disk(tmp_path / "not" / "there" / "yet")


def test_the_state_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRUNELLA_HOME", str(tmp_path))
    assert Settings.from_environment().home == tmp_path
    monkeypatch.delenv("PRUNELLA_HOME")
    assert Settings.from_environment().home.name == "prunella"
