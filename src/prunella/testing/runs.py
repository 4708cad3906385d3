"""The book of runs in memory, and what every book of runs must keep."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Busy, Lost, Misuse, PrunellaError
from prunella.protocols import Runs
from prunella.testing.conformance import refuses, require


class SeizableRuns(Runs, Protocol):
    """A book of runs whose runs can be found by name and taken over."""

    async def get(self, wanted: str) -> RunRecord: ...

    async def seize(self, run: str) -> RunRecord: ...


class MemoryRuns(SeizableRuns):
    """Twin of the SQLite book for one process: whoever seizes a run gets it. Gone with the process."""

    def __init__(self, holder: str = "memory") -> None:
        self._holder = holder
        self._records: dict[str, RunRecord] = {}
        self._leases: dict[tuple[str, str], str] = {}
        self._token = 0

    async def open(self, record: RunRecord) -> RunRecord:
        if record.id in self._records:
            raise Misuse(f"Run {record.id} exists already. Give every run an id of its own.")
        self._take(record, record.services)
        return self._hold(record)

    async def take(self, run: str, token: int, services: tuple[str, ...]) -> None:
        self.fence(run, token)
        record = self._records[run]
        self._take(record, services)
        self._records[run] = record.model_copy(update={"services": tuple(sorted({*record.services, *services}))})

    async def close(self, record: RunRecord) -> None:
        if record.ended is None or record.verdict is None:
            raise Misuse(f"Run {record.id} cannot be closed without a verdict and an end.")
        self.fence(record.id, record.token)
        change = record.model_dump(include={"ended", "verdict", "cause", "summary"})
        self._records[record.id] = self._records[record.id].model_copy(update={**change, "holder": ""})
        self._leases = {lease: run for lease, run in self._leases.items() if run != record.id}

    async def list(self) -> tuple[RunRecord, ...]:
        return tuple(sorted(self._records.values(), key=lambda record: (record.started, record.token), reverse=True))

    async def get(self, wanted: str) -> RunRecord:
        records = await self.list()
        if wanted == "last" and records:
            return records[0]
        matches = [r for r in records if r.id == wanted] or [r for r in records if wanted and r.id.startswith(wanted)]
        if len(matches) == 1:
            return matches[0]
        raise Misuse(f"{len(matches)} runs are called {wanted!r}, of {', '.join(r.id for r in records) or 'none'}.")

    async def seize(self, run: str) -> RunRecord:
        if run not in self._records:
            raise Misuse(f"There is no run {run}.")
        self._take(self._records[run], self._records[run].services)
        return self._hold(self._records[run])

    async def reopen(self, ended: RunRecord) -> RunRecord:
        """As SqliteRuns does."""
        found = self._records[ended.id]
        if (found.token, found.verdict) != (ended.token, Verdict.ACHIEVED):
            raise Busy(found.goal, found.id, "somebody since")
        record = (await self.seize(ended.id)).model_copy(update={"verdict": None, "ended": None})
        self._records[ended.id] = record
        return record

    def fence(self, run: str, token: int) -> None:
        """Raises Lost unless `token` is the newest that was given out for `run`."""
        if run not in self._records or self._records[run].token != token:
            raise Lost(f"Run {run} was taken over (our token is {token}). Nothing was written.")

    def fleet_of(self, run: str) -> str:
        return self._records[run].fleet

    def _hold(self, record: RunRecord) -> RunRecord:
        self._token += 1
        held = record.model_copy(update={"token": self._token, "holder": self._holder})
        self._records[record.id] = held
        return held

    def _take(self, record: RunRecord, services: tuple[str, ...]) -> None:
        leases = [(record.fleet, service) for service in sorted(services)]
        for lease in leases:
            owner = self._leases.get(lease, record.id)
            if owner != record.id:
                raise Busy(lease[1], owner, self._records[owner].holder)
        self._leases.update(dict.fromkeys(leases, record.id))


def sample_record(run: str, *services: str, started: float = 1.0, fleet: str = "/fleet.toml") -> RunRecord:
    """A run of `fleet` that has just begun."""
    return RunRecord(id=run, goal="Heal", fleet=fleet, services=services, started=started)


def ended(record: RunRecord, at: float = 2.0) -> RunRecord:
    """`record` with a verdict, as it is closed."""
    return record.model_copy(update={"ended": at, "verdict": Verdict.ACHIEVED, "cause": "c", "summary": "s"})


async def _opening_returns_what_is_listed(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    require(await runs.list() == (opened,), "list shows the record that open returned")
    require(opened.token > 0 and bool(opened.holder), "an open run has a token and a holder")


async def _one_service_has_one_run(runs: SeizableRuns) -> None:
    await runs.open(sample_record("a", "one"))
    error = await refuses(Busy, runs.open(sample_record("b", "one")))
    require((error.service, error.run) == ("one", "a"), "Busy says which service and which run")
    require(len(await runs.list()) == 1, "a refused run is not written down")


async def _services_are_taken_all_or_none(runs: SeizableRuns) -> None:
    await runs.open(sample_record("a", "middle"))
    await refuses(Busy, runs.open(sample_record("b", "after", "before", "middle", "z")))
    await runs.open(sample_record("c", "after", "before", "z"))


async def _fleets_do_not_meet(runs: SeizableRuns) -> None:
    await runs.open(sample_record("a", "one", fleet="/left.toml"))
    await runs.open(sample_record("b", "one", fleet="/right.toml"))


async def _closing_lets_go_and_keeps_the_verdict(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one", "two"))
    await runs.close(ended(opened))
    closed = await runs.get("a")
    require(closed == ended(opened).model_copy(update={"holder": ""}), "a closed run keeps all but its holder")
    await runs.open(sample_record("b", "one", "two"))


async def _closing_twice_is_harmless(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    await runs.close(ended(opened))
    other = await runs.open(sample_record("b", "one"))
    await runs.close(ended(opened))
    error = await refuses(Busy, runs.open(sample_record("c", "one")))
    require(error.run == other.id, "closing again does not free what another run holds")


async def _closing_needs_a_verdict_and_the_newest_token(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    await refuses(Misuse, runs.close(opened))
    await runs.seize("a")
    await refuses(Lost, runs.close(ended(opened)))
    require((await runs.get("a")).verdict is None, "a refused verdict is not written down")


async def _tokens_only_grow(runs: SeizableRuns) -> None:
    first = await runs.open(sample_record("a", "one"))
    second = await runs.open(sample_record("b", "two"))
    third = await runs.seize("a")
    fourth = await runs.open(sample_record("c", "three"))
    tokens = [record.token for record in (first, second, third, fourth)]
    require(tokens == sorted(set(tokens)), f"every token is greater than all before it: {tokens}")


async def _taking_adds_services(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    await runs.take("a", opened.token, ("three", "two", "one"))
    await refuses(Busy, runs.open(sample_record("b", "three")))
    require((await runs.get("a")).services == ("one", "three", "two"), "a taken service is written into the record")


async def _taking_is_all_or_none(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    await runs.open(sample_record("b", "two"))
    await refuses(Busy, runs.take("a", opened.token, ("first", "two", "z")))
    require((await runs.get("a")).services == ("one",), "a refused service is not in the record")
    await runs.open(sample_record("c", "first", "z"))


async def _taking_needs_the_newest_token(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    await runs.seize("a")
    await refuses(Lost, runs.take("a", opened.token, ("two",)))
    await runs.open(sample_record("b", "two"))


async def _seizing_keeps_the_services(runs: SeizableRuns) -> None:
    opened = await runs.open(sample_record("a", "one"))
    seized = await runs.seize("a")
    require(seized == await runs.get("a"), "seize returns the record as it is now")
    require(seized.model_copy(update={"token": opened.token}) == opened, "seizing changes the token only")
    await refuses(Busy, runs.open(sample_record("b", "one")))


async def _seizing_an_ended_run_takes_its_services_again(runs: SeizableRuns) -> None:
    await runs.close(ended(await runs.open(sample_record("a", "one"))))
    seized = await runs.seize("a")
    require(seized.verdict is Verdict.ACHIEVED, "the verdict stays until the run is closed again")
    await refuses(Busy, runs.open(sample_record("b", "one")))
    await runs.close(ended(seized))
    await runs.open(sample_record("c", "one"))


async def _seizing_yields_to_who_holds_the_services_now(runs: SeizableRuns) -> None:
    closed = await runs.open(sample_record("a", "one"))
    await runs.close(ended(closed))
    await runs.open(sample_record("b", "one"))
    await refuses(Busy, runs.seize("a"))
    require((await runs.get("a")).token == closed.token, "a refused seizure gives out no token")


async def _runs_are_listed_newest_first(runs: SeizableRuns) -> None:
    for run, started in (("old", 1.0), ("new", 3.0), ("middle", 2.0)):
        await runs.open(sample_record(run, run, started=started))
    require([record.id for record in await runs.list()] == ["new", "middle", "old"], "newest first")


async def _runs_are_found_by_id_beginning_or_last(runs: SeizableRuns) -> None:
    await refuses(Misuse, runs.get("last"))
    for run, started in (("ab", 1.0), ("abc", 3.0), ("b", 2.0)):
        await runs.open(sample_record(run, run, started=started))
    found = [(await runs.get(wanted)).id for wanted in ("ab", "abc", "b", "last")]
    require(found == ["ab", "abc", "b", "abc"], f"an id, the beginning of one, or the newest: {found}")
    for wanted in ("a", "x", "", "%", "_b"):
        await refuses(Misuse, runs.get(wanted))


async def _ids_are_used_once(runs: SeizableRuns) -> None:
    first = await runs.open(sample_record("a", "one"))
    await refuses(Misuse, runs.open(sample_record("a", "two")))
    require(await runs.list() == (first,), "the first run of that id is as it was")
    await runs.open(sample_record("b", "two"))


async def _unknown_runs_are_refused(runs: SeizableRuns) -> None:
    await refuses(PrunellaError, runs.seize("x"))
    await refuses(Lost, runs.take("x", 1, ("one",)))


RunsLaw = Callable[[SeizableRuns], Awaitable[None]]

runs_suite: tuple[RunsLaw, ...] = (
    _opening_returns_what_is_listed,
    _one_service_has_one_run,
    _services_are_taken_all_or_none,
    _fleets_do_not_meet,
    _closing_lets_go_and_keeps_the_verdict,
    _closing_twice_is_harmless,
    _closing_needs_a_verdict_and_the_newest_token,
    _tokens_only_grow,
    _taking_adds_services,
    _taking_is_all_or_none,
    _taking_needs_the_newest_token,
    _seizing_keeps_the_services,
    _seizing_an_ended_run_takes_its_services_again,
    _seizing_yields_to_who_holds_the_services_now,
    _runs_are_listed_newest_first,
    _runs_are_found_by_id_beginning_or_last,
    _ids_are_used_once,
    _unknown_runs_are_refused,
)
"""What every book of runs keeps; each is called with an empty one and raises Nonconforming."""
