"""kill -9 around every question and answer: none is lost, none is doubled, and the repair is done once."""

import asyncio
import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from prunella.clock import SystemClock
from prunella.domain.journal import Entry
from prunella.domain.ruling import Question
from prunella.domain.run import RunRecord, Verdict
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from tests.chaos.parking import Errand, run_errand
from tests.chaos.scenarios import HEALED
from tests.chaos.stage import Stage

KILLED = -9
AT_ONCE = 3
MOST_ERRANDS = 12
SCENARIO = HEALED[0]
_servers = multiprocessing.get_context("forkserver")
_servers.set_forkserver_preload(["tests.chaos.parking", "prunella.brains.reflex.brain"])
_reaping = threading.Lock()  # of two threads that read one exit code, the second is told 255


def begin(errand: Errand) -> BaseProcess:
    child = _servers.Process(target=run_errand, args=(errand,))
    with _reaping:
        child.start()
    return child


def code_of(child: BaseProcess) -> int:
    wait([child.sentinel], 60)
    with _reaping:
        code = child.exitcode
        if code is None:
            child.kill()
            raise AssertionError("An errand hangs.")
    return code


def book(errand: Errand) -> tuple[RunRecord | None, tuple[Question, ...]]:
    """The run and its questions as they lie on the disk."""
    connection = connect(errand.home / "state.db")

    async def read() -> tuple[RunRecord | None, tuple[Question, ...]]:
        records = await SqliteRuns(connection).list()
        return (
            (
                records[0],
                await SqliteApprovals(connection, SystemClock()).of(records[0].id),
            )
            if records
            else (None, ())
        )

    try:
        return asyncio.run(read())
    finally:
        connection.close()


def journal(errand: Errand, record: RunRecord) -> tuple[Entry, ...]:
    connection = connect(errand.home / "state.db")
    try:
        return asyncio.run(SqliteJournal(connection, SystemClock()).entries(record.id))
    finally:
        connection.close()


def done_once(errand: Errand) -> list[str]:
    """Of deaths beside an effect. One within it may find that nothing happened yet, and does it again; or that nobody
    can tell, and puts it back.
    """
    record, _ = book(errand)
    assert record is not None
    done = Counter(lines(errand.folder / "effects.log"))
    problems = [] if record.verdict is Verdict.ACHIEVED else [f"{record.verdict}: {record.summary}"]
    return problems + [f"done {count} times: {key}" for key, count in done.items() if count > 1]


def next_errand(errand: Errand, number: int) -> Errand | None:
    """What an operator and a timer would do now: answer what waits, else heal; None when the run is over."""
    record, questions = book(errand) if errand.home.exists() else (None, ())
    if record is not None and record.verdict is not None:
        return None
    waits = any(question.answer is None for question in questions)
    return replace(errand, by=f"operator {number}" if waits else "")


def die_and_go_on(folder: Path, *deaths: int) -> list[str]:
    """Kill the first errands at the places in `deaths` (0: nowhere), and see to it that the run comes to its end."""
    stage = Stage(SCENARIO, folder)
    errand = Errand(folder, SCENARIO.plans)
    try:
        for number in range(MOST_ERRANDS):
            following = next_errand(errand, number)
            if following is None:
                return wrong_in_the_end(stage, errand) + done_once(errand)
            burns_at = deaths[number] if number < len(deaths) else 0
            code = code_of(begin(replace(following, burns_at=burns_at)))
            if code not in {0, KILLED}:
                return [f"ended with {code}: {(folder / 'error.log').read_text(encoding='utf-8')}"]
        return [f"the run does not end: {book(errand)}"]
    finally:
        stage.close()


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def wrong_in_the_end(stage: Stage, errand: Errand) -> list[str]:
    record, questions = book(errand)
    assert record is not None
    problems = [] if record.verdict in {Verdict.ACHIEVED, Verdict.ESCALATED} else [f"{record.verdict}"]
    if len(questions) != 1:
        problems.append(f"asked {len(questions)} times")
    answers = [question.answer.by for question in questions if question.answer]
    if len(answers) != len(questions):
        problems.append("a question has no answer, and the run went on")
    if not set(lines(errand.folder / "accepted.log")) <= set(answers):
        problems.append(f"told that they were heard: {lines(errand.folder / 'accepted.log')}, heard: {answers}")
    meant = Counter(entry.step.key for entry in journal(errand, record))
    problems += [f"meant {count} times: {key}" for key, count in meant.items() if count > 1]
    wanted = {name: facts.data for name, facts in stage.found_files.items()}
    if record.verdict is Verdict.ACHIEVED:
        wanted |= SCENARIO.healed
    now = {name: facts.data for name, facts in stage.files().items() if name in wanted}
    return problems + [f"{name}: {now.get(name)!r}" for name, data in wanted.items() if now.get(name) != data]


def all_of(jobs: dict[str, Callable[[], list[str]]]) -> dict[str, list[str]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: future.result() for name, future in found.items() if future.result()}


def killed_at(folder: Path, *deaths: int) -> Callable[[], list[str]]:
    return lambda: die_and_go_on(folder / "-".join(map(str, deaths)), *deaths)


def test_a_question_and_its_answer_outlive_every_death(tmp_path: Path) -> None:
    assert die_and_go_on(tmp_path / "undisturbed") == []
    places = lines(tmp_path / "undisturbed" / "places.log")
    asking = places.index("after park") + 1
    assert places[:asking] == ["before ask", "after ask", "before park", "after park"]
    assert places[asking : asking + 4] == [
        "before answer",
        "after answer",
        "before ask",
        "after ask",
    ]
    jobs = {f"asking: {place}": killed_at(tmp_path, n) for n, place in enumerate(places[:asking], 1)}
    answering = enumerate(places[asking:], 1)
    jobs |= {f"answering: {n} {place}": killed_at(tmp_path, 0, n) for n, place in answering if n <= 5 or n % 4 == 0}
    assert all_of(jobs) == {}


def test_it_outlives_several_deaths_as_well(tmp_path: Path) -> None:
    dice = random.Random(11)
    deaths = [tuple(dice.randint(1, most) for most in (5, 5, 5, 9)) for _ in range(3)]
    assert all_of({str(each): killed_at(tmp_path, *each) for each in deaths}) == {}


def answer_at_once(folder: Path, seed: int) -> list[str]:
    """Three answer together, and are killed after a random while, one of them sooner or later, until it is done."""
    dice, stage = random.Random(seed), Stage(SCENARIO, folder)
    errand = Errand(folder, SCENARIO.plans)
    try:
        assert code_of(begin(errand)) == 0
        for round_ in range(MOST_ERRANDS):
            if next_errand(errand, 0) is None:
                return wrong_in_the_end(stage, errand)
            crowd = [begin(replace(errand, by=f"operator {round_}.{n}")) for n in range(3 if round_ < 2 else 1)]
            for child in crowd:
                wait([child.sentinel], dice.random() * 0.5 if round_ < 2 else 60)
                if round_ < 2:
                    child.kill()
            codes = [code_of(child) for child in crowd]
            if not set(codes) <= {0, KILLED}:
                return [f"ended with {codes}: {lines(folder / 'error.log')}"]
        return ["the run does not end"]
    finally:
        stage.close()


def test_of_many_who_answer_and_die_one_is_heard(tmp_path: Path) -> None:
    jobs = {str(seed): lambda seed=seed: answer_at_once(tmp_path / str(seed), seed) for seed in range(3)}
    assert all_of(jobs) == {}
