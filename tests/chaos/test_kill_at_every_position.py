"""kill -9 before and after every journal write, every effect and every undo; then somebody else goes on."""

import asyncio
import itertools
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from prunella.clock import SystemClock
from prunella.configs.temporary import temporary_file
from prunella.domain.journal import Entry, Outcome
from prunella.domain.run import RunRecord, Verdict
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.crashing import kill_9
from tests.chaos.repair import Order, repair
from tests.chaos.scenarios import AS_FOUND, ENV, HEALED
from tests.chaos.stage import Scenario, Stage

KILLED = -9
AT_ONCE = 4
_servers = multiprocessing.get_context("forkserver")
_servers.set_forkserver_preload(["tests.chaos.repair", "prunella.brains.reflex.brain"])
# Process.start() reads the exit codes of all children; of two threads that read one, the second is told 255.
_reaping = threading.Lock()


def in_a_process(order: Order) -> int:
    """The exit code: 0 for a repair that came to its end, -9 for one that was killed."""
    child = _servers.Process(target=repair, args=(order,))
    with _reaping:
        child.start()
    wait([child.sentinel], 60)
    with _reaping:
        code = child.exitcode
        if code is None:
            child.kill()
            raise AssertionError(f"A repair hangs, killed at {order.burns_at}.")
        child.close()
    return code


def book(order: Order) -> tuple[RunRecord, tuple[Entry, ...]]:
    """The run and its journal as they lie on the disk."""
    connection = connect(order.home / "state.db")

    async def read() -> tuple[RunRecord, tuple[Entry, ...]]:
        (record,) = await SqliteRuns(connection).list()
        return record, await SqliteJournal(connection, SystemClock()).entries(record.id)

    try:
        return asyncio.run(read())
    finally:
        connection.close()


def die_and_resume(scenario: Scenario, folder: Path, *deaths: int) -> list[str]:
    """Kill at each of `deaths` in turn, then let one more process end the run. Returns what is wrong then."""
    stage = Stage(scenario, folder)
    order = Order(folder, scenario.plans)
    try:
        problems: list[str] = []
        for number, death in enumerate(deaths):
            code = in_a_process(replace(order, burns_at=death, resumes=number > 0))
            if code == 0:
                break
            if code != KILLED:
                return [f"ended with {code}"]
            problems += written_down_first(order)
        else:
            if in_a_process(replace(order, resumes=bool(deaths))) != 0:
                return [f"the run could not be ended: {(folder / 'error.log').read_text(encoding='utf-8')}"]
        return [*problems, *wrong_in_the_end(stage, order)]
    finally:
        stage.close()


def effects(order: Order) -> Counter[str]:
    return Counter(order.effects.read_text(encoding="utf-8").splitlines() if order.effects.exists() else ())


def written_down_first(order: Order) -> list[str]:
    """Law 2: what was applied is written down."""
    _, entries = book(order)
    written = Counter(entry.step.key for entry in entries)
    return [f"not written down: {key}" for key, count in effects(order).items() if count > written[key]]


def wrong_in_the_end(stage: Stage, order: Order) -> list[str]:
    """Laws 1 to 3: the verdict tells the truth, and the world is healed by the plan alone, or as it was found."""
    record, entries = book(order)
    problems = written_down_first(order) + wrong_files(stage, record) + wrong_service(stage, record)
    problems += [f"done {count} times: {key}" for key, count in effects(order).items() if count > planned(order, key)]
    problems += [f"left open: {entry.step} is {entry.outcome}" for entry in entries if is_open(entry, record)]
    return [f"{record.verdict} ({record.summary}): {problem}" for problem in problems]


def planned(order: Order, key: str) -> int:
    return sum(step.key == key for plan in order.plans for step in plan.steps)


def is_open(entry: Entry, record: RunRecord) -> bool:
    done = {Outcome.APPLIED, Outcome.UNDONE} if record.verdict is Verdict.ACHIEVED else {Outcome.UNDONE}
    return entry.outcome not in done


def wrong_files(stage: Stage, record: RunRecord) -> list[str]:
    expected = dict(stage.found_files)
    if record.verdict is Verdict.ACHIEVED:
        expected |= {name: replace(expected[name], data=data) for name, data in stage.scenario.healed.items()}
    now = stage.files()
    names = sorted(now.keys() | expected.keys())
    return [
        f"{name}: {now.get(name)} is not {expected.get(name)}" for name in names if now.get(name) != expected.get(name)
    ]


def wrong_service(stage: Stage, record: RunRecord) -> list[str]:
    scenario, running, config = (
        stage.scenario,
        len(stage.processes()),
        stage.running_config(),
    )
    wanted = Verdict.ACHIEVED if scenario.is_healed else Verdict.ESCALATED
    problems = [] if record.verdict is wanted else [f"the verdict is {record.verdict}, not {wanted}"]
    is_up = record.verdict is Verdict.ACHIEVED or scenario.found != "stopped"
    if running != is_up:
        problems.append(f"{running} processes run instead of {is_up:d}")
    if record.verdict is not Verdict.ACHIEVED and config != stage.found_config:
        problems.append(f"it runs on {config} instead of {stage.found_config}")
    if scenario.starts and len(stage.starts()) > scenario.starts:
        problems.append(f"it was started {len(stage.starts())} times: {stage.starts()}")
    return problems


def places_of(scenario: Scenario, folder: Path) -> list[str]:
    """Where a repair that nobody disturbs may die; it must end well."""
    assert die_and_resume(scenario, folder) == []
    return (folder / "places.log").read_text(encoding="utf-8").splitlines()


def all_of(jobs: dict[str, Callable[[], list[str]]]) -> dict[str, list[str]]:
    """Every job that found something wrong."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: future.result() for name, future in found.items() if future.result()}


def killed_at(scenario: Scenario, folder: Path, *deaths: int) -> Callable[[], list[str]]:
    return lambda: die_and_resume(scenario, folder / "-".join(map(str, deaths)), *deaths)


def named(scenario: Any) -> str:
    return scenario.name


@pytest.mark.parametrize("scenario", [*HEALED, *AS_FOUND], ids=named)
def test_healed_or_as_found_wherever_it_dies(scenario: Scenario, tmp_path: Path) -> None:
    places = places_of(scenario, tmp_path / "undisturbed")
    assert len(places) >= 6
    jobs = {
        f"{n} {place}": killed_at(scenario, tmp_path, n)
        for n, place in enumerate(places, 1)
        if n % scenario.stride == 1 % scenario.stride
    }
    assert all_of(jobs) == {}


def test_healed_or_as_found_when_it_dies_twice(tmp_path: Path) -> None:
    pairs = random.Random(7).sample(list(itertools.product(range(1, 25), range(1, 7))), 12)
    jobs = {f"{first}, {second}": killed_at(AS_FOUND[0], tmp_path, first, second) for first, second in pairs}
    assert all_of(jobs) == {}


def leave_a_temporary_file(folder: Path) -> None:
    """Dies in the middle of writing a file."""
    with temporary_file(folder, 0o600):
        kill_9()


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    stage = Stage(HEALED[0], tmp_path / "stage")
    order = Order(stage.folder, HEALED[0].plans)
    try:
        writer = _servers.Process(target=leave_a_temporary_file, args=(stage.folder,))
        writer.start()
        writer.join(30)
        assert stage.files() != stage.found_files
        assert in_a_process(order) == 0
        assert wrong_in_the_end(stage, order) == []
    finally:
        stage.close()


def test_as_found_when_it_dies_while_the_service_goes_down(tmp_path: Path) -> None:
    """A process that was asked to stop still looks like one that runs."""
    scenario = replace(AS_FOUND[0], files={".env": ENV + b"# slow_stop=0.6\r\n"}, starts=0)
    stage = Stage(scenario, tmp_path / "stage")
    order = Order(stage.folder, scenario.plans)
    try:
        child = _servers.Process(target=repair, args=(order,))
        child.start()
        while not (stage.folder / "stops.log").exists():
            assert child.is_alive()
            time.sleep(0.005)
        child.kill()
        child.join(30)
        assert in_a_process(replace(order, resumes=True)) == 0
        record, _ = book(order)
        time.sleep(0.7)
        assert [*wrong_files(stage, record), *wrong_service(stage, record)] == []
    finally:
        stage.close()
