"""Set where a sequence goes on, and back to where it stood."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Rejected
from prunella.servers.postgres import PostgresSession, statement
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import SEQUENCES, Relation, ServiceName, find_relation
from prunella.tools.tool import FunctionTool, tool

SequenceName = Annotated[str, Field(description="the sequence, with its schema where there are several")]
Value = Annotated[int, Field(description="the value that counts as used: the next one is one step further")]


class Standing(Frozen):
    """Where a sequence stood, and where it was sent. `is_guarded`: a unique index refuses what it gave out already."""

    service: str
    oid: int
    sequence: str
    last: int
    is_called: bool
    value: int
    is_guarded: bool = False


@dataclass(frozen=True)
class Sequences:
    """`setval`, which no transaction takes back: hence an undo of our own."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(
                risk="change", name="postgres.set_sequence", before=self.before, undo=self.undo, applied=self.applied
            )(self.set_sequence),
        )  # fmt: skip

    async def set_sequence(self, service: ServiceName, sequence: SequenceName, value: Value) -> str:
        """Set a sequence of a PostgreSQL service to the highest value that its column holds. Use it for `duplicate key
        value violates unique constraint` on a generated id.
        """
        async with self.reach.postgres(service, writes=True) as session:
            found = await find_relation(session, sequence, SEQUENCES)
            await session.rows("SELECT setval($1::oid::regclass, $2::bigint, true)", found.oid, value)
        return f"{found.quoted} goes on after {value}"

    async def before(self, service: str, sequence: str, value: int) -> Prepared:
        async with self.reach.postgres(service) as session:
            found = await find_relation(session, sequence, SEQUENCES)
            row = (await session.rows(statement("sequence"), found.oid))[0]
            last, is_called = await _standing(session, found)
            highest = await _highest(session, row)
        if not row["lowest"] <= value <= row["highest"]:
            raise Rejected(f"{found.quoted} takes {row['lowest']} to {row['highest']}, not {value}.")
        if highest is not None and value < highest and row["increment"] > 0:
            raise Rejected(f"{row['table']}.{row['column']} holds {highest} already: set it to that at least.")
        if (last, is_called) == (value, True):
            raise Rejected(f"{found.quoted} stands at {value} already.")
        was = Standing(service=service, oid=found.oid, sequence=found.quoted, last=last, is_called=is_called,
                       value=value, is_guarded=bool(row["is_unique"]))  # fmt: skip
        goes_back = "it goes back, and may give out values a second time" if value < last and is_called else ""
        return Prepared(
            before=was.model_dump(mode="json"),
            touches=(f"service:{service}", f"sequence:{service}/{found.schema_name}.{found.name}"),
            difference=f"{found.quoted}: {last}{'' if is_called else ' (not used yet)'} → {value}",
            must_ask=goes_back,
        )

    async def undo(self, before: Standing) -> None:
        """Where it stood. A Conflict when values were drawn since, and no unique index refuses them a second time."""
        async with self.reach.postgres(before.service, writes=True) as session:
            now = await _standing(session, before)
            if now == (before.last, before.is_called):
                return
            if now != (before.value, True) and not before.is_guarded:
                raise Conflict(
                    f"{before.sequence} went on to {now[0]} since: setting it back would give values out twice."
                )
            await session.rows(
                "SELECT setval($1::oid::regclass, $2::bigint, $3::bool)", before.oid, before.last, before.is_called
            )

    async def applied(self, arguments: dict[str, JsonValue], before: Standing) -> bool | None:
        del arguments
        async with self.reach.postgres(before.service) as session:
            last, is_called = await _standing(session, before)
        if (last, is_called) == (before.last, before.is_called):
            return False
        return True if last >= before.value > before.last or (last, is_called) == (before.value, True) else None


async def _standing(session: PostgresSession, sequence: Relation | Standing) -> tuple[int, bool]:
    name = sequence.quoted if isinstance(sequence, Relation) else sequence.sequence
    row = (await session.rows(f"SELECT last_value, is_called FROM {name}"))[0]  # noqa: S608 -- the server quoted it
    return row["last_value"], row["is_called"]


async def _highest(session: PostgresSession, row: dict[str, object]) -> int | None:
    """Of the column that it fills, where a unique index knows it at once."""
    if not row["is_unique"]:
        return None
    return await session.value(f"SELECT max({row['column']}) FROM {row['table']}")  # noqa: S608 -- the server quoted the names
