"""What the probes say, and when that is the last word."""

import asyncio
import time

from prunella.clock import SystemClock
from prunella.domain.report import Reach
from prunella.healing.context import Patience
from prunella.healing.looking import watch
from prunella.world.fleet_world import FleetWorld
from tests.world.yard import Yard, call, free_port, listens, until

HOME = Patience(window_s=0.3)


def pair(yard: Yard, app: str = "", other: str = "", more: str = "", beside: str = "") -> tuple[FleetWorld, int, int]:
    """`app` is the target; `other` stands beside it, with `beside` in its table."""
    ports = free_port(), free_port()
    yard.write("app.env", f"PORT={ports[0]}\n{app}")
    yard.write("other.env", f"PORT={ports[1]}\n{other}")
    tables = yard.service("app", ports[0], more), yard.service("other", ports[1], beside)
    return yard.world(yard.fleet(*tables), "app"), *ports


async def test_check_asks_the_targets_and_neighbours_are_all_others(yard: Yard) -> None:
    world, _, port = pair(yard)
    await world.supervised["other"].start()
    await until(lambda: listens(port))
    report, neighbours = await world.check(), await world.check_neighbours()
    assert [(r.service, r.reach) for r in report.readings] == [("app", Reach.NOBODY)]
    assert [(r.service, r.reach) for r in neighbours.readings] == [("other", Reach.RIGHT)]
    assert report.settled, "it does not run, so there is nothing to wait for"


async def test_an_unwell_neighbour_that_nothing_ties_to_a_target_is_left_alone(yard: Yard) -> None:
    world, _, _ = pair(yard)
    await world.check_neighbours()
    assert (await world.facts()).targets == ("app",)


async def test_unwell_neighbours_become_targets_and_well_ones_do_not(yard: Yard) -> None:
    world, _, port = pair(yard, beside='needs = ["app"]\n')
    assert (await world.facts()).targets == ("app",)
    await world.check_neighbours()
    assert (await world.facts()).targets == ("app", "other")
    await world.supervised["other"].start()
    await until(lambda: listens(port))
    await world.check_neighbours()
    assert (await world.facts()).targets == ("app",)


async def test_a_slow_starter_is_waited_for(yard: Yard) -> None:
    world, _ = yard.one(text="SLOW=1.2\n")
    await world.supervised["app"].start()
    report = await world.check()
    assert (report.is_green, report.settled) == (False, False)
    sight = await watch(world.check, (), None, HOME, SystemClock())
    assert sight.report.is_green


async def test_what_came_up_while_it_was_looked_at_is_looked_at_again(yard: Yard) -> None:
    command = '["sh", "-c", "sleep 0.6; touch up; exec sleep 60"]'
    probe = '["sh", "-c", "[ -f up ] || { sleep 0.6; false; }"]'
    world = yard.world(
        yard.fleet(
            f'[service.app]\nsupervisor = {{ kind = "process", command = {command} }}\n'
            f"probes = [{{ command = {probe} }}]\n"
        )
    )
    await world.supervised["app"].start()
    assert (await world.check()).is_green


async def test_a_crashed_one_is_judged_soon(yard: Yard) -> None:
    world, _ = yard.one(text="CRASH=1\n")
    assert not (await yard.tools(world).call(call("services.start", service="app"))).ok
    begun = time.monotonic()
    sight = await watch(world.check, (), None, HOME, SystemClock())
    assert not sight.report.is_green
    assert time.monotonic() - begun < 3


async def test_one_that_answers_wrongly_is_judged_soon(yard: Yard) -> None:
    world, port = yard.one(text="STATUS=500\n")
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    report = await world.check()
    assert (report.is_green, report.settled) == (False, True)


async def test_one_that_listens_elsewhere_is_judged_soon(yard: Yard) -> None:
    world, _ = yard.one()
    elsewhere = free_port()
    yard.write("app.env", f"PORT={elsewhere}\n")
    await world.supervised["app"].start()
    await until(lambda: listens(elsewhere))
    report = await world.check()
    assert (report.is_green, report.settled) == (False, True)


async def test_a_red_target_waits_for_what_it_needs(yard: Yard) -> None:
    world, port, _ = pair(yard, app="STATUS=502\n", other="SLOW=60\n", more='needs = ["other"]\n')
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    assert (await world.check()).settled
    await world.supervised["other"].start()
    report = await world.check()
    assert (report.readings[0].reach, report.settled) == (Reach.WRONG, False)


async def test_a_slow_neighbour_that_nobody_needs_is_not_waited_for(yard: Yard) -> None:
    world, port, _ = pair(yard, app="STATUS=502\n", other="SLOW=60\n")
    await asyncio.gather(*(each.start() for each in world.supervised.values()))
    await until(lambda: listens(port))
    assert (await world.check()).settled


async def test_a_worker_without_a_port_is_not_what_a_red_target_waits_for(yard: Yard) -> None:
    port = free_port()
    yard.write("app.env", f"PORT={port}\nSTATUS=502\n")
    sleeps = 'supervisor = { kind = "process", command = ["sleep", "60"] }'
    worker = f"[service.worker]\n{sleeps}\nprobes = [{{ process = true }}]\n"
    world = yard.world(yard.fleet(yard.service("app", port, 'needs = ["worker"]\n'), worker), "app")
    await asyncio.gather(*(each.start() for each in world.supervised.values()))
    await until(lambda: listens(port))
    assert (await world.check()).settled


CONTROL = """\
case $1 in
  start) touch up; setsid {command} >/dev/null 2>&1 </dev/null & ;;
  stop) rm -f up;;
  status) [ -f up ];;
esac
"""


async def test_a_slow_starter_of_the_operators_own_commands_is_waited_for(yard: Yard) -> None:
    port = free_port()
    yard.write("app.env", f"PORT={port}\nSLOW=1.2\n")
    yard.write("control.sh", CONTROL.format(command=yard.command("app.env").strip("[]").replace(",", " ")))
    orders = ", ".join(f'{order} = ["sh", "control.sh", "{order}"]' for order in ("start", "stop", "status"))
    world = yard.world(yard.fleet(yard.service("app", port, supervisor=f'{{ kind = "command", {orders} }}')))
    (yard.folder / "up").touch()
    assert (await world.check()).settled, "nobody knows that it was started just now"
    (yard.folder / "up").unlink()
    assert (await yard.tools(world).call(call("services.start", service="app"))).ok
    assert not (await world.check()).settled
    assert (await watch(world.check, (), None, HOME, SystemClock())).report.is_green


async def test_what_a_service_answers_is_cleaned(yard: Yard) -> None:
    world, port = yard.one(text="STATUS=500\nBODY=password=hunter2-hunter2\n")
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    (reading,) = (await world.check()).readings
    assert "password=" in reading.body
    assert "hunter2" not in reading.body
