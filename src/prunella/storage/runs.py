"""The book of runs in SQLite, and who holds which service."""

import difflib
import json
import sqlite3
import time
from collections.abc import Iterable, Sequence

from prunella.clock import SystemClock
from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Busy, Misuse
from prunella.protocols import Clock, Runs
from prunella.storage.database import reading, transaction
from prunella.storage.holder import is_alive, this_process
from prunella.storage.journal import fence
from prunella.storage.statements import sql
from prunella.storage.written import as_utf8


class Orphaned(Busy):
    """A service is held by a run whose process is gone before its verdict: resume that run first."""

    code = "orphaned"

    def __init__(self, service: str, run: str, holder: str) -> None:
        super().__init__(service, run, holder)
        self.args = (f"{service} is held by {self.story} Resume that run first, or {_taking_back(run)}.",)

    @property
    def story(self) -> str:
        """Which run it is, and why nobody works on it."""
        if self.holder:
            return f"run {self.run}, whose process ({self.holder}) is gone."
        return f"run {self.run}, whose question to a human has its answer."


class Unanswered(Busy):
    """A service is held by a run that waits for a human: answer its question first. `asked` is since when."""

    code = "unanswered"

    def __init__(self, service: str, run: str, asked: float) -> None:
        super().__init__(service, run, "")
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(asked))
        answers = f"`prunella approve {run}` or `prunella approve {run} --deny`"
        self.asked = asked
        story = f"{service} is held by run {run}, which waits for an answer since {since}."
        self.args = (f"{story} Look with `prunella approve {run} --show`, answer {answers}, or {_taking_back(run)}.",)


class SqliteRuns(Runs):
    """Leases are per fleet file and service, all or nothing; tokens only ever grow within one database.

    The methods block the loop for a few milliseconds: one transaction each. A process is known by its number and
    start time; a lease outlives its process for as long as its run has no verdict.
    """

    def __init__(self, connection: sqlite3.Connection, holder: str | None = None, clock: Clock | None = None) -> None:
        self._connection = connection
        self._holder = holder or this_process()
        self._clock = clock or SystemClock()

    @property
    def connection(self) -> sqlite3.Connection:
        """For other books in the same database."""
        return self._connection

    async def open(self, record: RunRecord) -> RunRecord:
        """Raises Orphaned (a Busy) when the holder of a service died in the middle of its run, and Unanswered (a Busy)
        when its run waits for a human.
        """
        with transaction(self._connection):
            held = record.model_copy(update={"token": self._next_token(), "holder": self._holder})
            self._insert(held)
            self._take(held.id, held.fleet, held.services)
        return held

    async def take(self, run: str, token: int, services: tuple[str, ...]) -> None:
        with transaction(self._connection):
            fence(self._connection, run, token)
            record = self._find(run)
            self._take(run, record.fleet, services)
            union = sorted({*record.services, *services})
            self._connection.execute(sql("run_services"), {"run": run, "services": json.dumps(union)})

    async def close(self, record: RunRecord) -> None:
        """Only verdict, end, cause and summary are written. Idempotent for the newest token; raises Lost for others,
        and Misuse for a record without a verdict.
        """
        if record.ended is None or record.verdict is None:
            raise Misuse(f"Run {record.id} cannot be closed without a verdict and an end.")
        with transaction(self._connection):
            fence(self._connection, record.id, record.token)
            self._connection.execute(sql("run_close"), _to_row(record))
            self._connection.execute(sql("lease_release"), {"run": record.id})

    async def list(self) -> tuple[RunRecord, ...]:
        with reading():
            rows = self._connection.execute(sql("run_list")).fetchall()
        return tuple(_to_record(row) for row in rows)

    async def get(self, wanted: str) -> RunRecord:
        """The run with that id, with an id that begins so, or the newest for `last`. Raises Misuse for none or many."""
        return choose(await self.list(), wanted)

    async def seize(self, run: str) -> RunRecord:
        """Take over a run that nobody works on: its process died, or it has ended and is to be undone.

        The new token fences off whoever worked on it before. Its services are taken again; its verdict stays until
        it is closed again, or reopened. Raises Busy when another living process works on it or holds one of its
        services.
        """
        with transaction(self._connection):
            record = self._find(run)
            if record.holder != self._holder and is_alive(record.holder):
                raise Busy(", ".join(record.services) or record.goal, run, record.holder)
            self._take(run, record.fleet, record.services)
            change = {"token": self._next_token(), "holder": self._holder}
            self._connection.execute(sql("run_seize"), {"run": run, **change})
        return record.model_copy(update=change)

    async def reopen(self, ended: RunRecord) -> RunRecord:
        """Take an achieved run over and open it again: from now on it is as good as one that never ended.

        Raises Busy when it is not as `ended` left it (somebody undid it, or works on it), and as `seize` does.
        """
        with transaction(self._connection):
            found = self._find(ended.id)
            if (found.token, found.verdict) != (ended.token, Verdict.ACHIEVED):
                raise Busy(", ".join(found.services) or found.goal, found.id, found.holder or "somebody since")
            self._take(found.id, found.fleet, found.services)
            change = {"token": self._next_token(), "holder": self._holder}
            self._connection.execute(sql("run_seize"), {"run": found.id, **change})
            self._connection.execute(sql("run_reopen"), {"run": found.id})
        return found.model_copy(update={**change, "verdict": None, "ended": None})

    def _take(self, run: str, fleet: str, services: Iterable[str]) -> None:
        for service in sorted(set(services)):
            lease = {"fleet": fleet, "service": service, "run": run}
            owner = self._connection.execute(sql("lease_owner"), lease).fetchone()
            if owner is not None and owner["id"] != run:
                self._yield_to(owner, service)
            self._connection.execute(sql("lease_take"), lease)

    def _yield_to(self, owner: sqlite3.Row, service: str) -> None:
        """Raises unless the lease is left over: its process is gone, and its run has a verdict."""
        if is_alive(owner["holder"]):
            raise Busy(service, owner["id"], owner["holder"])
        if owner["ended"] is not None:
            return
        asked = {"run": owner["id"], "now": self._clock.now()}
        question = self._connection.execute(sql("run_question"), asked).fetchone()
        if question is not None:
            raise Unanswered(service, owner["id"], question["asked"])
        raise Orphaned(service, owner["id"], owner["holder"])

    def _next_token(self) -> int:
        self._connection.execute(sql("token_next"))
        return int(self._connection.execute(sql("token_newest")).fetchone()[0])

    def _insert(self, record: RunRecord) -> None:
        if self._row(record.id) is not None:
            raise Misuse(f"Run {record.id} exists already. Give every run an id of its own.")
        self._connection.execute(sql("run_insert"), _to_row(record))

    def _find(self, run: str) -> RunRecord:
        row = self._row(run)
        if row is None:
            raise Misuse(f"There is no run {run}. See `prunella status`.")
        return _to_record(row)

    def _row(self, run: str) -> sqlite3.Row | None:
        return self._connection.execute(sql("run_by_id"), {"run": run}).fetchone()


def choose(records: Sequence[RunRecord], wanted: str) -> RunRecord:
    """Of `records`, newest first: the one that `wanted` names. Raises Misuse, which lists what was meant perhaps."""
    if wanted == "last" and records:
        return records[0]
    matches = [r for r in records if r.id == wanted] or [r for r in records if wanted and r.id.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise Misuse(f"{wanted!r} is the beginning of several runs: {_some(r.id for r in matches)}. Write more of it.")
    raise Misuse(f"There is no run {wanted!r}. {_suggest(wanted, [r.id for r in records])}")


def _suggest(wanted: str, known: list[str]) -> str:
    if not known:
        return "There are no runs yet: start one with `prunella heal`."
    near = difflib.get_close_matches(wanted, known)
    return f"Did you mean {_some(near)}?" if near else f"The newest are {_some(known)}."


def _some(names: Iterable[str], most: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _taking_back(run: str) -> str:
    return f"take it back with `prunella undo {run}`"


def _to_row(record: RunRecord) -> dict[str, str | float | None]:
    verdict = record.verdict and record.verdict.value
    fields = record.model_dump(exclude={"asks"})
    return {
        **{name: as_utf8(value) if isinstance(value, str) else value for name, value in fields.items()},
        "services": json.dumps(record.services),
        "mandate": json.dumps(fields["mandate"]),
        "verdict": verdict,
    }


def _to_record(row: sqlite3.Row) -> RunRecord:
    read = {name: json.loads(row[name]) for name in ("services", "mandate")}
    return RunRecord.model_validate({**dict(row), **read})
