"""What runs have spent, in SQLite: kept across restarts, summed over a fleet."""

import json
import sqlite3

from prunella.domain.run import Spent
from prunella.errors import Lost
from prunella.protocols import Clock, Spending
from prunella.storage.database import reading, transaction
from prunella.storage.statements import sql


class SqliteSpending(Spending):
    """The runs must be written down in the same database (`SqliteRuns`). Each method is one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def note(self, run: str, spent: Spent) -> None:
        """Raises Lost for a run that is not written down."""
        values = {"run": run, "at": self._clock.now(), "spent": json.dumps(spent.model_dump())}
        with transaction(self._connection):
            written = self._connection.execute(sql("spending_note"), values).rowcount
        if not written:
            raise Lost(f"Run {run} is not in the state database any more. Its spending cannot be noted.")

    async def since(self, fleet: str, since: float) -> Spent:
        """A run went on for as long as its spending was noted; all that it spent counts, also what lies before."""
        with reading():
            rows = self._connection.execute(sql("spending_since"), {"fleet": fleet, "since": since}).fetchall()
        noted = [Spent.model_validate(json.loads(row["spent"])) for row in rows]
        return Spent.model_validate({name: sum(getattr(each, name) for each in noted) for name in Spent.model_fields})
