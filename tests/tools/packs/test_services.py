"""Services are started and stopped so that it can be put back, or left alone."""

import sys
from pathlib import Path

import psutil
import pytest

from prunella.clock import SystemClock
from prunella.domain.evidence import Observation
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.run import EventKind, RunRecord
from prunella.domain.supervisor import ServiceStatus
from prunella.errors import Irrecoverable, Rejected
from prunella.healing.undoing import put_back
from prunella.protocols import Toolbox
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.supervisors.matching import TAG
from prunella.supervisors.processes import tag_of
from prunella.world.fleet_world import FleetWorld
from tests.world.yard import (
    Yard,
    call,
    carry_out,
    free_port,
    has_applied,
    listens,
    outside,
    prepare,
    take_back,
    until,
)

START, STOP = call("services.start", service="app"), call("services.stop", service="app")
RESTART = call("services.restart", service="app")


async def status(world: FleetWorld, name: str = "app") -> ServiceStatus:
    return await world.supervised[name].status()


async def test_start_stop_and_restart_do_what_they_say(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    first = await status(world)
    assert first.running
    await carry_out(tools, RESTART)
    second = await status(world)
    assert second.running
    assert second.pid != first.pid
    await carry_out(tools, STOP)
    assert not (await status(world)).running


async def test_a_deed_without_a_change_is_rejected(yard: Yard) -> None:
    world, _ = yard.one()
    with pytest.raises(Rejected, match="does not run"):
        await prepare(yard.tools(world), STOP)


async def test_a_start_of_what_runs_means_a_restart(yard: Yard) -> None:
    world, _ = yard.one()
    assert (await prepare(yard.tools(world), START)).instead == ""
    await world.supervised["app"].start()
    assert (await prepare(yard.tools(world), START)).instead == RESTART.tool


async def test_a_red_preflight_leaves_the_service_untouched(yard: Yard) -> None:
    world, port = yard.one(text="BAD=1\n", more=yard.preflight("app"))
    tools = yard.tools(world)
    refused = await tools.call(START)
    assert not refused.ok
    assert "the configuration says BAD" in refused.message
    assert not (await status(world)).running
    yard.write("app.env", f"PORT={port}\n")
    assert (await tools.call(START)).ok
    before = await status(world)
    yard.write("app.env", f"PORT={port}\nBAD=1\n")
    assert not (await tools.call(RESTART)).ok
    assert await status(world) == before


@pytest.mark.parametrize("name", ["services.start", "services.stop", "services.restart", "services.read_log"])
async def test_an_unknown_service_brings_the_nearest(yard: Yard, name: str) -> None:
    observation = await yard.tools(yard.one("payments")[0]).call(call(name, service="payment"))
    assert "There is no service payment. Did you mean payments?" in observation.message


async def test_a_service_that_nobody_supervises_is_left_alone(yard: Yard) -> None:
    fleet = yard.fleet('[service.app]\nprobes = [{ tcp = "127.0.0.1:1" }]\n')
    with pytest.raises(Rejected, match="declares no supervisor"):
        await prepare(yard.tools(yard.world(fleet)), RESTART)


async def test_a_restart_on_another_configuration_says_that_it_cannot_be_undone(yard: Yard) -> None:
    world, port = yard.one()
    tools = yard.tools(world)
    stopped = await prepare(tools, RESTART)
    await carry_out(tools, START)
    fresh = await prepare(tools, RESTART)
    assert (stopped.reversible, fresh.reversible, fresh.note) == (True, True, "")
    yard.write("app.env", f"PORT={port}\n# edited\n")
    stale = await prepare(tools, RESTART)
    assert not stale.reversible
    assert "another configuration" in stale.note


async def test_a_start_is_undone_by_a_stop(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    prepared = await carry_out(tools, START)
    for _ in range(2):
        await take_back(tools, START, prepared)
        assert not (await status(world)).running


async def test_a_stop_is_undone_by_a_start_once(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    prepared = await carry_out(tools, STOP)
    await take_back(tools, STOP, prepared)
    now = await status(world)
    assert now.running
    await take_back(tools, STOP, prepared)
    assert await status(world) == now


async def test_a_restart_that_nobody_needs_to_undo_disturbs_nobody(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    prepared = await prepare(tools, RESTART)
    now = await status(world)
    await take_back(tools, RESTART, prepared)
    assert await status(world) == now
    await carry_out(tools, RESTART)
    after = await status(world)
    await take_back(tools, RESTART, prepared)
    assert await status(world) == after, "the configuration is the same, so it runs as before"


async def test_a_restart_on_edited_files_is_undone_on_the_files_as_they_were(yard: Yard) -> None:
    world, port = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    found = (await status(world)).config
    edit = call("config.set", file="app.env", key="BODY", value="new")
    edited, restarted = await carry_out(tools, edit), await carry_out(tools, RESTART)
    assert (await status(world)).config != found
    await take_back(tools, edit, edited)
    await take_back(tools, RESTART, restarted)
    assert (await status(world)).config == found
    assert await listens(port)


@pytest.mark.parametrize("deed", [STOP, RESTART], ids=lambda step: step.tool)
async def test_what_ran_on_another_configuration_cannot_be_put_back(yard: Yard, deed: Step) -> None:
    world, port = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    yard.write("app.env", f"PORT={port}\n# edited\n")
    prepared = await carry_out(tools, deed)
    left = await status(world)
    with pytest.raises(Irrecoverable, match="ran on another configuration"):
        await take_back(tools, deed, prepared)
    assert await status(world) == left


async def test_a_service_that_does_not_come_back_is_irrecoverable(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    yard.write("app.env", "CRASH=1\n")
    process = outside([sys.executable, "-c", "import time; time.sleep(60)"], yard.folder, **tags(world))
    prepared = await carry_out(tools, STOP)
    process.wait(5)
    with pytest.raises(Irrecoverable, match="does not start as it was"):
        await take_back(tools, STOP, prepared)


async def test_whether_a_deed_took_effect_is_seen_in_the_world(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    for step in (START, RESTART, STOP):
        prepared = await prepare(tools, step)
        assert await has_applied(tools, step, prepared) is False
        assert (await tools.call(step)).ok
        assert await has_applied(tools, step, prepared) is True


async def test_a_restart_that_left_the_service_down_is_in_doubt(yard: Yard) -> None:
    world, _ = yard.one()
    tools = yard.tools(world)
    await carry_out(tools, START)
    prepared = await prepare(tools, RESTART)
    await world.supervised["app"].stop()
    assert await has_applied(tools, RESTART, prepared) is None, "cut in two, or done and ended at once"
    assert (await tools.call(RESTART)).ok
    assert await has_applied(tools, RESTART, prepared) is True


CONTROL = """\
case $1 in
  start) touch up; exit 0;;
  stop) rm -f up;;
  lie) exit 0;;
  status) [ -f up ];;
esac
"""


def controlled(yard: Yard, start: str = "start") -> FleetWorld:
    """A service of the operator's own commands, of which no process is known."""
    yard.write("control.sh", CONTROL)
    orders = {"start": start, "stop": "stop", "status": "status"}
    words = ", ".join(f'{order} = ["sh", "control.sh", "{word}"]' for order, word in orders.items())
    port = free_port()
    yard.write("app.env", f"PORT={port}\n")
    return yard.world(yard.fleet(yard.service("app", port, supervisor=f'{{ kind = "command", {words} }}')))


async def test_an_operators_command_that_lies_is_a_failure(yard: Yard) -> None:
    world = controlled(yard, start="lie")
    observation = await yard.tools(world).call(START)
    assert not observation.ok
    assert "returned 0 but status says stopped" in observation.message


async def test_an_operators_service_is_put_back_too(yard: Yard) -> None:
    world = controlled(yard)
    tools = yard.tools(world)
    started = await carry_out(tools, START)
    restarted = await carry_out(tools, RESTART)
    assert await has_applied(tools, RESTART, restarted) is None, "one process looks like another"
    stopped = await carry_out(tools, STOP)
    for step, prepared, runs in ((STOP, stopped, True), (RESTART, restarted, True), (START, started, False)):
        await take_back(tools, step, prepared)
        assert (await status(world)).running is runs


def tags(world: FleetWorld) -> dict[str, str]:
    return {TAG: tag_of(world.fleet.path, "app")}


STRAY = """
import os, socket, sys, time
with socket.socket() as server:
    server.bind(("127.0.0.1", int(sys.argv[1])))
    server.listen()
    time.sleep(60)
"""


async def stray_in(yard: Yard, world: FleetWorld, port: int, *wrapper: str) -> psutil.Process:
    """A second instance of `app` on a port of its own, once the first is up."""
    yard.write("stray.py", STRAY)
    command = [*wrapper, sys.executable, "stray.py", str(port)]
    process = psutil.Process(outside(command, yard.folder, COLOUR="red", **tags(world)).pid)
    await until(lambda: listens(port))
    return process


async def strays(yard: Yard) -> list[psutil.Process]:
    found = [each for each in psutil.process_iter() if is_stray(each, yard.folder)]
    return [each for each in found if each.status() != psutil.STATUS_ZOMBIE]


def is_stray(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder and process.cmdline()[1:2] == ["stray.py"]
    except psutil.Error:
        return False


async def test_a_stray_is_ended_and_comes_back_as_it_was(yard: Yard) -> None:
    world, port = yard.one()
    tools, held = yard.tools(world), free_port()
    await carry_out(tools, START)
    await until(lambda: listens(port))
    main, stray = await status(world), await stray_in(yard, world, held)
    was = (stray.cmdline(), stray.cwd(), stray.environ())
    step = call("services.free_address", service="app", port=held)
    prepared = await prepare(tools, step)
    assert set(prepared.touches) == {"service:app", f"port:{held}"}
    assert await has_applied(tools, step, prepared) is False
    assert (await tools.call(step)).ok
    assert await strays(yard) == []
    assert await has_applied(tools, step, prepared) is True
    assert (await status(world)).pid == main.pid
    for _ in range(2):
        await take_back(tools, step, prepared)
        (revived,) = await strays(yard)
        assert (revived.cmdline(), revived.cwd(), revived.environ()) == was
    await until(lambda: listens(held))


async def test_a_freed_port_that_its_owner_took_stays_freed(yard: Yard) -> None:
    world, port = yard.one()
    tools, held = yard.tools(world), free_port()
    await carry_out(tools, START)
    await until(lambda: listens(port))
    await stray_in(yard, world, held)
    step = call("services.free_address", service="app", port=held)
    prepared = await carry_out(tools, step)
    yard.write("app.env", f"PORT={held}\n")
    await carry_out(tools, RESTART)
    await until(lambda: listens(held))
    assert await has_applied(tools, step, prepared) is True


async def test_a_stray_goes_and_comes_with_its_wrapper(yard: Yard) -> None:
    world, port = yard.one()
    tools, held = yard.tools(world), free_port()
    await carry_out(tools, START)
    await until(lambda: listens(port))
    wrapper = ("sh", "-c", '"$@"; exit $?', "sh")
    stray = await stray_in(yard, world, held, *wrapper)
    step = call("services.free_address", service="app", port=held)
    prepared = await carry_out(tools, step)
    assert await strays(yard) == []
    await take_back(tools, step, prepared)
    await until(lambda: listens(held))
    (revived,) = await strays(yard)
    parent = revived.parent()
    assert parent is not None
    assert parent.cmdline()[1:4] == ["-c", wrapper[2], "sh"]
    assert not stray.is_running() or stray.status() == psutil.STATUS_ZOMBIE


async def test_only_strays_of_that_service_are_ended(yard: Yard) -> None:
    world, port = yard.one()
    tools, foreign = yard.tools(world), free_port()
    await carry_out(tools, START)
    await until(lambda: listens(port))
    yard.write("elsewhere/stray.py", STRAY)
    process = outside([sys.executable, "stray.py", str(foreign)], yard.folder / "elsewhere")
    await until(lambda: listens(foreign))
    for taken in (foreign, port, free_port()):
        with pytest.raises(Rejected, match=f"No stray process of app listens on port {taken}"):
            await prepare(tools, call("services.free_address", service="app", port=taken))
        assert not (await tools.call(call("services.free_address", service="app", port=taken))).ok
    assert process.poll() is None
    assert await listens(port)


async def test_a_stray_of_another_service_is_not_this_ones(yard: Yard) -> None:
    ports = free_port(), free_port()
    for name, port in zip(("app", "other"), ports, strict=True):
        yard.write(f"{name}.env", f"PORT={port}\n")
    world = yard.world(yard.fleet(yard.service("app", ports[0]), yard.service("other", ports[1])))
    held, tools = free_port(), yard.tools(world)
    await carry_out(tools, START)
    await until(lambda: listens(ports[0]))
    await stray_in(yard, world, held)
    with pytest.raises(Rejected, match="No stray process of other"):
        await prepare(tools, call("services.free_address", service="other", port=held))


async def test_status_names_ports_and_the_log_comes_redacted(yard: Yard) -> None:
    world, port = yard.one(text="SAYS=password=hunter2-hunter2\n")
    tools = yard.tools(world)
    await carry_out(tools, START)
    await until(lambda: listens(port))
    assert f"listening on {port}" in str((await tools.call(call("services.status", service="app"))).output)
    log = str((await tools.call(call("services.read_log", service="app"))).output)
    assert "SAYS" in log
    assert "hunter2" not in log


async def journaled(tools: Toolbox, journal: SqliteJournal, record: RunRecord, *steps: Step) -> None:
    plan = Plan(cause="a guess", steps=steps)
    for step in steps:
        prepared = await prepare(tools, step)
        entry = await journal.intend(record.id, record.token, plan, step, prepared)
        assert (await tools.call(step)).ok
        await journal.settle(entry, record.token, Outcome.APPLIED, None)


def keep_quiet(kind: EventKind, node: str, text: str, /, **data: object) -> None:
    """Nobody listens."""


async def test_files_are_put_back_before_services_start_on_them(yard: Yard) -> None:
    world, port = yard.one()
    tools, connection = yard.tools(world), connect(yard.folder / "state.db")
    journal = SqliteJournal(connection, SystemClock())
    record = await SqliteRuns(connection).open(RunRecord(id="r", goal="g", services=("app",), started=1.0))
    await carry_out(tools, START)
    found, text = await status(world), (yard.folder / "app.env").read_text()
    edits = [call("config.set", file="app.env", key=key, value="1") for key in ("ONE", "TWO", "THREE")]
    await journaled(tools, journal, record, edits[0], RESTART, edits[1], STOP, edits[2], START)
    undone = await put_back(record.id, record.token, down_to=0, journal=journal, tools=tools, emit=keep_quiet)
    assert [entry.step.tool for entry in undone] == [*["config.set"] * 3, START.tool, STOP.tool, RESTART.tool]
    assert [entry.number for entry in undone] == [5, 3, 1, 6, 4, 2]
    assert (yard.folder / "app.env").read_text() == text
    assert (await status(world)).config == found.config
    assert await listens(port)
    assert {entry.outcome for entry in await journal.entries("r")} == {Outcome.UNDONE}
    connection.close()


async def test_a_service_that_the_run_found_stopped_ends_stopped(yard: Yard) -> None:
    world, _ = yard.one()
    tools, connection = yard.tools(world), connect(yard.folder / "state.db")
    journal = SqliteJournal(connection, SystemClock())
    record = await SqliteRuns(connection).open(RunRecord(id="r", goal="g", services=("app",), started=1.0))
    await journaled(tools, journal, record, START, call("config.set", file="app.env", key="A", value="1"), RESTART)
    await put_back(record.id, record.token, down_to=0, journal=journal, tools=tools, emit=keep_quiet)
    assert not (await status(world)).running
    connection.close()


async def test_a_tool_that_does_not_fit_is_an_observation(yard: Yard) -> None:
    found = yard.tools(yard.one()[0]).find(call("services.free_address", service="app", port=70000))
    assert isinstance(found, Observation)
