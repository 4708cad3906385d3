"""The journal in memory, and what every journal must keep."""

from collections.abc import Awaitable, Callable

from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.run import RunRecord
from prunella.domain.tool import Prepared
from prunella.errors import Lost, Misuse
from prunella.protocols import Clock, Journal
from prunella.testing.clock import FakeClock
from prunella.testing.conformance import refuses, require
from prunella.testing.runs import MemoryRuns, SeizableRuns, sample_record


class MemoryJournal(Journal):
    """Twin of the SQLite journal, fenced by the tokens of `runs`. Gone with the process.

    `words` lists every word said, oldest first, so that a test can cut the journal anywhere.
    """

    def __init__(self, runs: MemoryRuns, clock: Clock) -> None:
        self._runs = runs
        self._clock = clock
        self.words: list[tuple[float, Entry]] = []

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        self._runs.fence(run, token)
        return self._say(
            Entry(
                run=run,
                number=len(await self.entries(run)) + 1,
                token=token,
                plan=plan.key,
                step=step,
                prepared=prepared,
                outcome=Outcome.INTENDED,
                at=self._clock.now(),
            )
        )

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
        if outcome is Outcome.INTENDED:
            raise Misuse(f"Entry {entry.number} of run {entry.run} cannot be settled as intended. Call `intend`.")
        self._runs.fence(entry.run, token)
        known = [e for e in await self.entries(entry.run) if e.number == entry.number]
        if not known:
            raise Misuse(f"Entry {entry.number} of run {entry.run} was never intended.")
        change = {"outcome": outcome, "observation": observation or known[0].observation}
        return self._say(known[0].model_copy(update=change))

    async def entries(self, run: str) -> tuple[Entry, ...]:
        newest = {entry.number: entry for _, entry in self.words if entry.run == run}
        return tuple(newest[number] for number in sorted(newest))

    async def changes_since(self, fleet: str, since: float) -> int:
        applied = [entry for at, entry in self.words if entry.outcome is Outcome.APPLIED and at >= since]
        return len({(e.run, e.number) for e in applied if self._runs.fleet_of(e.run) == fleet})

    def _say(self, entry: Entry) -> Entry:
        self.words.append((self._clock.now(), entry))
        return entry


SAMPLE_STEP = Step(tool="config_set", arguments={"file": "/a", "key": "PORT", "value": "8080"}, why="It is wrong.")
SAMPLE_PLAN = Plan(cause="a wrong port", because=("the log says so",), steps=(SAMPLE_STEP,))
SAMPLE_PREPARED = Prepared(before={"bytes": "UE9SVA==", "mode": 384}, touches=("file:/a",), difference="- 1\n+ 2")
SAMPLE_OBSERVATION = Observation(tool="config_set", arguments={"key": "PORT"}, ok=True, output={"was": None})

JournalLaw = Callable[[SeizableRuns, Journal, FakeClock], Awaitable[None]]


async def sample_intent(journal: Journal, record: RunRecord) -> Entry:
    """One more entry of `record`'s run, intended and not settled."""
    return await journal.intend(record.id, record.token, SAMPLE_PLAN, SAMPLE_STEP, SAMPLE_PREPARED)


async def _an_intent_is_read_back_whole(runs: SeizableRuns, journal: Journal, clock: FakeClock) -> None:
    record = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, record)
    require(await journal.entries("a") == (entry,), "entries shows what intend returned")
    said = (entry.run, entry.number, entry.token, entry.plan, entry.outcome, entry.at)
    require(said == ("a", 1, record.token, SAMPLE_PLAN.key, Outcome.INTENDED, clock.now()), f"an intent: {said}")
    require((entry.step, entry.prepared) == (SAMPLE_STEP, SAMPLE_PREPARED), "step and preparation come back equal")


async def _every_intent_is_an_entry_of_its_own(runs: SeizableRuns, journal: Journal, _clock: FakeClock) -> None:
    first, other = await runs.open(sample_record("a")), await runs.open(sample_record("b"))
    numbers = [(await sample_intent(journal, record)).number for record in (first, first, other, first)]
    require(numbers == [1, 2, 1, 3], f"entries are numbered from 1 within their run: {numbers}")
    require([e.number for e in await journal.entries("a")] == [1, 2, 3], "oldest first")


async def _the_last_word_counts(runs: SeizableRuns, journal: Journal, clock: FakeClock) -> None:
    record = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, record)
    await sample_intent(journal, record)
    for outcome in (Outcome.APPLIED, Outcome.UNDO_FAILED, Outcome.UNDONE, Outcome.FAILED):
        clock.advance(1)
        settled = await journal.settle(entry, record.token, outcome, None)
        require(settled == entry.model_copy(update={"outcome": outcome}), f"only the outcome changes, to {outcome}")
        require((await journal.entries("a"))[0] == settled, "entries shows the last word")
    require((await journal.entries("a"))[1].outcome is Outcome.INTENDED, "the neighbour is as it was")


async def _an_observation_stays_until_the_next(runs: SeizableRuns, journal: Journal, _clock: FakeClock) -> None:
    record = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, record)
    applied = await journal.settle(entry, record.token, Outcome.APPLIED, SAMPLE_OBSERVATION)
    require(applied.observation == SAMPLE_OBSERVATION, "the observation comes back equal")
    undone = await journal.settle(entry, record.token, Outcome.UNDONE, None)
    require(undone.observation == SAMPLE_OBSERVATION, "no observation does not wipe out the one before")
    later = SAMPLE_OBSERVATION.model_copy(update={"output": 2})
    require((await journal.settle(entry, record.token, Outcome.APPLIED, later)).observation == later, "the last counts")
    require((await journal.entries("a"))[0].observation == later, "entries shows the last observation")


async def _an_old_token_writes_nothing(runs: SeizableRuns, journal: Journal, _clock: FakeClock) -> None:
    old = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, old)
    new = await runs.seize("a")
    await refuses(Lost, sample_intent(journal, old))
    await refuses(Lost, journal.settle(entry, old.token, Outcome.APPLIED, SAMPLE_OBSERVATION))
    require(await journal.entries("a") == (entry,), "nothing was written with the old token")
    settled = await journal.settle(entry, new.token, Outcome.UNDONE, None)
    require(settled.token == old.token, "the entry keeps the token of its intent")
    require((await sample_intent(journal, new)).token == new.token, "the new token writes")


async def _a_token_is_good_for_its_own_run_only(runs: SeizableRuns, journal: Journal, _clock: FakeClock) -> None:
    record = await runs.open(sample_record("a"))
    await runs.open(sample_record("b"))
    await refuses(Lost, sample_intent(journal, record.model_copy(update={"id": "b"})))
    await refuses(Lost, sample_intent(journal, record.model_copy(update={"token": record.token + 2})))
    await refuses(Lost, sample_intent(journal, record.model_copy(update={"id": "unknown"})))
    require(await journal.entries("b") == (), "nothing was written")


async def _only_what_was_intended_is_settled(runs: SeizableRuns, journal: Journal, _clock: FakeClock) -> None:
    record = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, record)
    unknown = entry.model_copy(update={"number": 2})
    await refuses(Misuse, journal.settle(unknown, record.token, Outcome.APPLIED, None))
    await refuses(Misuse, journal.settle(entry, record.token, Outcome.INTENDED, None))
    require(await journal.entries("a") == (entry,), "nothing was written")


async def _applied_effects_are_counted_once(runs: SeizableRuns, journal: Journal, clock: FakeClock) -> None:
    record = await runs.open(sample_record("a", fleet="/left.toml"))
    other = await runs.open(sample_record("b", fleet="/left.toml"))
    stranger = await runs.open(sample_record("c", fleet="/right.toml"))
    begin = clock.now()
    for holder in (record, other, stranger, record):
        clock.advance(10)
        entry = await sample_intent(journal, holder)
        for outcome in (Outcome.APPLIED, Outcome.UNDONE, Outcome.APPLIED):
            await journal.settle(entry, holder.token, outcome, None)
    await journal.settle(await sample_intent(journal, record), record.token, Outcome.FAILED, None)
    counts = [await journal.changes_since("/left.toml", begin + seconds) for seconds in (0, 10, 11, 40, 41)]
    require(counts == [3, 3, 2, 1, 0], f"effects applied since, in all runs of the fleet: {counts}")


journal_suite: tuple[JournalLaw, ...] = (
    _an_intent_is_read_back_whole,
    _every_intent_is_an_entry_of_its_own,
    _the_last_word_counts,
    _an_observation_stays_until_the_next,
    _an_old_token_writes_nothing,
    _a_token_is_good_for_its_own_run_only,
    _only_what_was_intended_is_settled,
    _applied_effects_are_counted_once,
)
"""What every journal keeps; each is called with empty runs and a journal over them, and raises Nonconforming."""
