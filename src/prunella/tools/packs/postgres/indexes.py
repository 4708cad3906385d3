"""Build an index while everybody goes on writing, and take it away in the same manner."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from prunella.cancelling import to_the_end
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, PrunellaError, Rejected
from prunella.nearest import nearest
from prunella.servers.postgres import APPLICATION, PostgresSession, statement
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import ServiceName, find_relation
from prunella.tools.packs.sql.engine import quoted
from prunella.tools.tool import FunctionTool, tool

_BUILD_S = 50.0
_DROP_S = 120.0
_DROP_AT_ONCE_S = 8.0
_LONGEST_NAME = 63

TableName = Annotated[str, Field(description="the table, with its schema where there are several")]
Columns = Annotated[list[str], Field(description="its columns, the most selective first", min_length=1, max_length=8)]


class Built(Frozen):
    """The index that is to be: none of this name was there before."""

    service: str
    schema_name: str
    name: str
    table: str
    columns: tuple[str, ...]

    @property
    def sql(self) -> str:
        columns = ", ".join(map(quoted, self.columns))
        return f"CREATE INDEX CONCURRENTLY {quoted(self.name)} ON {self.table} ({columns})"

    @property
    def dropping(self) -> str:
        return f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(self.schema_name)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Indexes:
    """An index that is not built to its end is worse than none: it is taken away again."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(
                risk="change", name="postgres.create_index", before=self.before, undo=self.undo, applied=self.applied
            )(self.create_index),
        )  # fmt: skip

    async def create_index(self, service: ServiceName, table: TableName, columns: Columns) -> str:
        """Build an index on columns of a table of a PostgreSQL service, without keeping writers out. Use it when a plan
        (EXPLAIN) reads a large table from end to end for a few rows.
        """
        built = await self._built(service, table, tuple(columns))
        try:
            async with self.reach.postgres(service, _BUILD_S, writes=True) as session:
                await session.rows("SET lock_timeout = 0")
                await session.rows(built.sql)
        except BaseException:
            with suppress(PrunellaError):  # what is left then goes with the undo
                await to_the_end(self._drop(built, _DROP_AT_ONCE_S))
            raise
        return f"{built.name} is built on {built.table} ({', '.join(built.columns)})"

    async def before(self, service: str, table: str, columns: list[str]) -> Prepared:
        built = await self._built(service, table, tuple(columns))
        return Prepared(
            before=built.model_dump(mode="json"),
            touches=(f"service:{service}", f"index:{service}/{built.schema_name}.{built.name}"),
            difference=built.sql,
            must_ask="it reads the whole table, takes disk space, and makes every write a little slower",
        )

    async def undo(self, before: Built) -> None:
        """Drop it, also half built. Raises Conflict when another index has its name by now."""
        await self._drop(before, _DROP_S)

    async def applied(self, arguments: dict[str, JsonValue], before: Built) -> bool | None:
        del arguments
        async with self.reach.postgres(before.service) as session:
            rows = await session.rows(statement("index"), before.schema_name, before.name)
        if not rows:
            return False
        return True if rows[0]["is_valid"] else None

    async def _built(self, service: str, table: str, columns: tuple[str, ...]) -> Built:
        """What the call means. Raises Rejected for columns that are not there or have an index already."""
        async with self.reach.postgres(service) as session:
            found = await find_relation(session, table, ("r", "m"))
            known = [row["name"] for row in await session.rows(statement("columns"), found.oid)]
            indexes = await session.rows(statement("indexed_columns"), found.oid)
            for each in columns:
                if each not in known:
                    raise Rejected(f"{found.quoted} has no column {each}: {', '.join(nearest(each, known) or known)}.")
            same = [row for row in indexes if (row["columns"] or [])[: len(columns)] == list(columns)]
            if any(row["is_valid"] for row in same):
                raise Rejected(f"{found.quoted} has the index {same[0]['index']} on these columns already.")
            name = await _free_name(session, found.schema_name, f"{found.name}_{'_'.join(columns)}_idx")
        return Built(
            service=service, schema_name=found.schema_name, name=name, table=found.quoted, columns=columns
        )  # fmt: skip

    async def _drop(self, built: Built, within_s: float) -> None:
        async with self.reach.postgres(built.service, within_s, writes=True) as session:
            await session.rows("SET lock_timeout = 0")
            await _end_building(session, built)
            rows = await session.rows(statement("index"), built.schema_name, built.name)
            if not rows:
                return
            if not _is_ours(rows[0]["definition"], built):
                raise Conflict(f"{built.name} is another index by now: {rows[0]['definition']}.")
            await session.rows(built.dropping)


async def _free_name(session: PostgresSession, schema: str, wanted: str) -> str:
    """The name that the server itself would choose, or one beside it."""
    stem = wanted.encode()[: _LONGEST_NAME - 3].decode(errors="ignore")
    for name in (stem, *(f"{stem}{number}" for number in range(1, 20))):
        if not await session.rows("SELECT FROM pg_class WHERE relname = $1 AND relnamespace = $2::regnamespace", name,
                                  quoted(schema)):  # fmt: skip
            return name
    raise Rejected(f"All names like {stem} are taken. Look at the indexes that are there.")


async def _end_building(session: PostgresSession, built: Built) -> None:
    """A builder of ours that was left behind still works on it."""
    await session.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND query = $2 "
        "AND pid <> pg_backend_pid() AND usename = current_user",
        APPLICATION, built.sql,
    )  # fmt: skip


def _is_ours(definition: str, built: Built) -> bool:
    table = definition.partition(" ON ")[2].partition(" USING ")[0].removeprefix("ONLY ")
    columns = definition.partition("(")[2].rstrip(")").split(", ")
    return table == built.table and [each.strip('"') for each in columns] == list(built.columns)
