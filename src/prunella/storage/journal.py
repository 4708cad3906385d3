"""The journal in SQLite: append-only, fenced, on the disk before the call returns."""

import json
import sqlite3
from collections.abc import Iterable
from itertools import groupby

from prunella.domain.evidence import Observation
from prunella.domain.frozen import Frozen
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.tool import Prepared
from prunella.errors import Lost, Misuse
from prunella.protocols import Clock, Journal
from prunella.storage.database import reading, transaction
from prunella.storage.statements import sql


class SqliteJournal(Journal):
    """One row per word said about an effect; no row is ever changed or deleted, triggers see to it.

    The methods block the loop for a few milliseconds: one transaction, one fsync. The runs must be written down in
    the same database (`SqliteRuns`), whose tokens fence every write. Beside what the protocol says, writes raise
    Lost when the disk is full and Transient when the database stays locked; nothing was written then.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        """Every call is a new entry, also for a step that was intended before."""
        words = {"plan": plan.key, "step": _to_json(step), "prepared": _to_json(prepared)}
        with transaction(self._connection):
            fence(self._connection, run, token)
            self._append("journal_intend", run=run, token=token, **words)
            return self._entry(run, None)

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
        """The entry with its new last word; an observation that it already has stays when `observation` is None.

        Raises Misuse for an entry that was never intended, and for an outcome INTENDED.
        """
        if outcome is Outcome.INTENDED:
            raise Misuse(f"Entry {entry.number} of run {entry.run} cannot be settled as intended. Call `intend`.")
        words = {"outcome": outcome.value, "observation": observation and _to_json(observation)}
        with transaction(self._connection):
            fence(self._connection, entry.run, token)
            self._entry(entry.run, entry.number)
            self._append("journal_settle", run=entry.run, number=entry.number, token=token, **words)
            return self._entry(entry.run, entry.number)

    async def entries(self, run: str) -> tuple[Entry, ...]:
        with reading():
            rows = self._connection.execute(sql("journal_rows"), {"run": run}).fetchall()
        return tuple(_fold(words) for _, words in groupby(rows, key=lambda row: row["number"]))

    async def changes_since(self, fleet: str, since: float) -> int:
        """An effect that was undone later still counts: it happened."""
        with reading():
            row = self._connection.execute(sql("journal_applied"), {"fleet": fleet, "since": since}).fetchone()
        return int(row[0])

    def _append(self, statement: str, **values: str | float | None) -> None:
        self._connection.execute(sql(statement), {"at": self._clock.now(), **values})

    def _entry(self, run: str, number: int | None) -> Entry:
        """Entry `number`, or the newest when None."""
        rows = self._connection.execute(sql("journal_entry"), {"run": run, "number": number}).fetchall()
        if not rows:
            raise Misuse(f"Entry {number} of run {run} was never intended. Call `intend` before the effect.")
        return _fold(rows)


def fence(connection: sqlite3.Connection, run: str, token: int) -> None:
    """Raises Lost unless `token` is the newest that was given out for `run`."""
    row = connection.execute(sql("run_token"), {"run": run}).fetchone()
    if row is None:
        raise Lost(f"Run {run} is not in the state database any more. Nothing was written.")
    newest, holder = row["token"], row["holder"] or "another process"
    if newest != token:
        raise Lost(f"Run {run} was taken over by {holder} (token {newest}, ours is {token}). Nothing was written.")


def _fold(rows: Iterable[sqlite3.Row]) -> Entry:
    """All words about one entry, oldest first, as that entry with the last of them."""
    intent, *words = rows
    observed = [row["observation"] for row in words if row["observation"] is not None]
    return Entry(
        run=intent["run"],
        number=intent["number"],
        token=intent["token"],
        plan=intent["plan"],
        step=Step.model_validate(json.loads(intent["step"])),
        prepared=Prepared.model_validate(json.loads(intent["prepared"])),
        outcome=Outcome([intent, *words][-1]["outcome"]),
        observation=Observation.model_validate(json.loads(observed[-1])) if observed else None,
        at=intent["at"],
    )


def _to_json(value: Frozen) -> str:
    """Loses nothing: bytes that are no UTF-8 travel as lone surrogates, which Pydantic's own JSON refuses."""
    return json.dumps(value.model_dump())
