"""Does a query of an SQLite file answer?"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from prunella.domain.probe import SqlProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.aside import Aside
from prunella.probes.bounded import Answer, silent
from prunella.probes.sql import LOCKS_SHARE, SQLITE, Value, judged

_STEPS = 1000
_LATE = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT"})


class SqliteLook:
    """Probe: one query that can change nothing; it leaves no file behind."""

    def __init__(self, spec: SqlProbe) -> None:
        self._spec = spec
        self._asking = Aside(lambda: _found(spec))

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            return await self._asking.result(self._spec.timeout_s)
        except TimeoutError:
            return silent(self._spec.timeout_s)


def _found(spec: SqlProbe) -> Answer:
    path = Path(spec.url.removeprefix(SQLITE))
    if not path.exists():
        return Answer(Reach.NOBODY, f"there is no {path}")
    try:
        with closing(_opened(path, spec.timeout_s)) as database:
            return judged(spec, _first(database, spec.query))
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return Answer(Reach.SILENT if name in _LATE else Reach.WRONG, f"{name}: {error}")


def _opened(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Where another one's log lies beside it, that must not be worked off: then the file is opened to be read only.

    Else SQLite may make such a log for us, and takes it away again.
    """
    has_log = any(path.with_name(path.name + suffix).exists() for suffix in ("-wal", "-journal"))
    uri = f"file:{quote(str(path))}?mode={'ro' if has_log else 'rw'}"
    database = sqlite3.connect(uri, uri=True, timeout=timeout_s * LOCKS_SHARE, isolation_level=None)
    until = time.monotonic() + timeout_s
    database.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    database.execute("PRAGMA query_only = ON")
    database.set_authorizer(_allowed)
    return database


def _allowed(action: int, *_details: object) -> int:
    """No other file is opened, and reading only stays on."""
    return sqlite3.SQLITE_DENY if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_PRAGMA) else sqlite3.SQLITE_OK


def _first(database: sqlite3.Connection, query: str) -> Value | None:
    row = database.execute(query).fetchone()
    if row is None:
        return None
    value = row[0]
    return Value(value.decode(errors="replace") if isinstance(value, bytes) else None if value is None else str(value))
