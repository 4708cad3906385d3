"""The journal in SQLite: append-only, hash-chained, fenced, on the disk before the call returns."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import groupby

from prunella.domain.evidence import Observation
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.tool import Prepared
from prunella.errors import Lost, Misuse
from prunella.protocols import Clock, Journal
from prunella.sealing import Sealer, opened
from prunella.storage.chain import COLUMNS, Column, link, refuse_plain
from prunella.storage.database import reading, transaction
from prunella.storage.head import Head, HeadFile
from prunella.storage.statements import sql
from prunella.storage.written import to_json

Line = dict[str, Column]


class Leave(Frozen):
    """Who allowed an effect, when (seconds since the epoch), and as the answer to which question."""

    by: str
    at: float
    question: str


class SqliteJournal(Journal):
    """One row per word said about an effect; no row is ever changed or deleted, triggers see to it.

    Each row carries the hash of the row before it, across all runs: `storage.audit` finds one that was changed, moved
    or taken out. With a `sealer` what a row says of steps, former bytes and outcomes is sealed, and its hash proves
    the key; older rows without are still read.

    The methods block the loop for a few milliseconds: one transaction, one fsync. The runs must be written down in
    the same database (`SqliteRuns`), whose tokens fence every write. Beside what the protocol says, writes raise
    Lost when the disk is full and Transient when the database stays locked; nothing was written then. All raise
    Misuse where the key of what was sealed is missing.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Clock, sealer: Sealer | None = None) -> None:
        self._connection, self._clock, self._sealer = connection, clock, sealer
        self._head_file = HeadFile.beside(connection)

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        """Every call is a new entry, also for a step that was intended before."""
        with transaction(self._connection):
            fence(self._connection, run, token)
            number = int(self._connection.execute(sql("journal_next"), {"run": run}).fetchone()[0])
            words = {"step": step, "prepared": prepared}
            line: Line = {"run": run, "number": number, "token": token, "outcome": Outcome.INTENDED, "plan": plan.key}
            head = self._append(line | {"allowed": self._allowed(run, plan.key)}, words)
            entry = self._entry(run, number)
        self._anchor(head)
        return entry

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
        """The entry with its new last word; an observation that it already has stays when `observation` is None.

        Raises Misuse for an entry that was never intended, and for an outcome INTENDED.
        """
        if outcome is Outcome.INTENDED:
            raise Misuse(f"Entry {entry.number} of run {entry.run} cannot be settled as intended. Call `intend`.")
        words = {"observation": observation}
        with transaction(self._connection):
            fence(self._connection, entry.run, token)
            self._entry(entry.run, entry.number)
            line: Line = {"run": entry.run, "number": entry.number, "token": token, "outcome": outcome}
            head = self._append(line, words)
            settled = self._entry(entry.run, entry.number)
        self._anchor(head)
        return settled

    async def entries(self, run: str) -> tuple[Entry, ...]:
        with reading():
            rows = self._connection.execute(sql("journal_rows"), {"run": run}).fetchall()
        return tuple(self._fold(words) for _, words in groupby(rows, key=lambda row: row["number"]))

    async def changes_since(self, fleet: str, since: float) -> int:
        """An effect that was undone later still counts: it happened."""
        with reading():
            row = self._connection.execute(sql("journal_applied"), {"fleet": fleet, "since": since}).fetchone()
        return int(row[0])

    async def leaves(self, run: str) -> Mapping[int, Leave]:
        """By the number of its entry, the human's leave for each that had one; the others the rules allowed."""
        with reading():
            rows = self._connection.execute(sql("journal_leaves"), {"run": run}).fetchall()
        return {int(row["number"]): Leave.model_validate_json(row["allowed"]) for row in rows}

    def _allowed(self, run: str, plan: str) -> str | None:
        row = self._connection.execute(sql("journal_allowed"), {"run": run, "plan": plan}).fetchone()
        return None if row is None else str(row["allowed"])

    def _append(self, line: Line, words: Mapping[str, Frozen | None]) -> Head:
        """One more line at the end of the chain, which then ends so."""
        lines, previous = self._connection.execute(sql("journal_head")).fetchone()
        refuse_plain(previous, self._sealer)
        stored = {name: self._stored(word, _place(line["run"], line["number"], name)) for name, word in words.items()}
        whole: Line = {**dict.fromkeys(COLUMNS), **line, "at": float(self._clock.now()), **stored}
        hashed = link(previous, [whole[name] for name in COLUMNS], self._sealer)
        self._connection.execute(sql("journal_append"), {**whole, "previous": previous, "hash": hashed})
        return Head(lines + 1, hashed)

    def _anchor(self, head: Head) -> None:
        if self._head_file is not None:
            self._head_file.note(head)

    def _stored(self, word: Frozen | None, place: str) -> str | bytes | None:
        """As it stands in the database: text, or bytes where it is sealed."""
        if word is None:
            return None
        text = to_json(word)
        return self._sealer.seal(text.encode("ascii"), place) if self._sealer else text

    def _entry(self, run: str, number: int) -> Entry:
        rows = self._connection.execute(sql("journal_entry"), {"run": run, "number": number}).fetchall()
        if not rows:
            raise Misuse(f"Entry {number} of run {run} was never intended. Call `intend` before the effect.")
        return self._fold(rows)

    def _fold(self, rows: Iterable[sqlite3.Row]) -> Entry:
        """All words about one entry, oldest first, as that entry with the last of them."""
        intent, *words = rows
        observed = [row for row in words if row["observation"] is not None]
        return Entry(
            run=intent["run"],
            number=intent["number"],
            token=intent["token"],
            plan=intent["plan"],
            step=Step.model_validate(self._read(intent, "step")),
            prepared=Prepared.model_validate(self._read(intent, "prepared")),
            outcome=Outcome([intent, *words][-1]["outcome"]),
            observation=Observation.model_validate(self._read(observed[-1], "observation")) if observed else None,
            at=intent["at"],
        )

    def _read(self, row: sqlite3.Row, name: str) -> JsonValue:
        stored = row[name]
        if isinstance(stored, bytes):
            stored = opened(self._sealer, stored, _place(row["run"], row["number"], name))
        return json.loads(stored)


def fence(connection: sqlite3.Connection, run: str, token: int) -> None:
    """Raises Lost unless `token` is the newest that was given out for `run`."""
    row = connection.execute(sql("run_token"), {"run": run}).fetchone()
    if row is None:
        raise Lost(f"Run {run} is not in the state database any more. Nothing was written.")
    newest, holder = row["token"], row["holder"] or "another process"
    if newest != token:
        raise Lost(f"Run {run} was taken over by {holder} (token {newest}, ours is {token}). Nothing was written.")


def _place(run: Column, number: Column, column: str) -> str:
    return f"The journal's {column} of entry {number} of run {run}"
