"""Give a role a right, or take it away, to the letter of the access list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.nearest import nearest
from prunella.servers.postgres import PostgresSession, statement
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import SEQUENCES, TABLES, ServiceName, find_relation
from prunella.tools.packs.sql.engine import quoted
from prunella.tools.tool import FunctionTool, tool

Privilege = Literal[
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "CREATE", "CONNECT",
    "TEMPORARY",
]  # fmt: skip
Kind = Literal["table", "schema", "database"]
RoleName = Annotated[str, Field(description="the role that gets or loses the right")]
RightName = Annotated[Privilege, Field(description="the right, as the complaint or \\dp names it")]
ObjectName = Annotated[str, Field(description="the table, view or sequence; of another kind: its name")]
ObjectKind = Annotated[Kind, Field(description="what `table` names; `table` stands for views and sequences, too")]

PUBLIC = "PUBLIC"
_OF_KIND: dict[str, frozenset[str]] = {
    "table": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}),
    "sequence": frozenset({"USAGE", "SELECT", "UPDATE"}),
    "schema": frozenset({"USAGE", "CREATE"}),
    "database": frozenset({"CONNECT", "CREATE", "TEMPORARY"}),
}
_NAMED = {
    "schema": "SELECT oid, nspname::text AS name, pg_get_userbyid(nspowner) AS owner FROM pg_namespace",
    "database": "SELECT oid, datname::text AS name, pg_get_userbyid(datdba) AS owner FROM pg_database",
}
_FAR = frozenset({"TRUNCATE", "TRIGGER", "REFERENCES", "CREATE"})


@dataclass(frozen=True)
class Asked:
    """What a call asks for, in its own words."""

    role: str
    privilege: str
    table: str
    kind: str


class Entry(Frozen):
    """One line of an access list; `column` "" for the whole."""

    grantor: str
    grantee: str
    privilege: str
    is_grantable: bool
    column: str = ""


class Target(Frozen):
    """What the right is to: `sql` is `TABLE public.orders`."""

    kind: str
    oid: int
    sql: str
    owner: str = ""


class Right(Frozen):
    """One right of one role, with the lines that gave it before."""

    service: str
    target: Target
    role: str
    privilege: str
    is_grant: bool
    lines: tuple[Entry, ...] = ()
    columns: tuple[Entry, ...] = ()

    @property
    def grantee(self) -> str:
        return PUBLIC if self.role == PUBLIC else quoted(self.role)

    @property
    def granting(self) -> str:
        return f"GRANT {self.privilege} ON {self.target.sql} TO {self.grantee}"

    @property
    def revoking(self) -> str:
        return f"REVOKE {self.privilege} ON {self.target.sql} FROM {self.grantee}"


@dataclass(frozen=True)
class Grants:
    """Rights of one role to one object. Taking one to a table takes that to its columns along: these are put back."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(
                risk="change", name="postgres.grant", before=self.before_grant, undo=self.undo, applied=self.applied
            )(self.grant),
            tool(
                risk="change", name="postgres.revoke", before=self.before_revoke, undo=self.undo, applied=self.applied
            )(self.revoke),
        )  # fmt: skip

    async def grant(
        self, service: ServiceName, role: RoleName, privilege: RightName, table: ObjectName, kind: ObjectKind = "table"
    ) -> str:
        """Give a role of a PostgreSQL service one right to one table, view or sequence (or schema, database). Use it
        for `permission denied`, with exactly the right that is missing.
        """
        return await self._carry_out(service, Asked(role, privilege, table, kind), is_grant=True)

    async def revoke(
        self, service: ServiceName, role: RoleName, privilege: RightName, table: ObjectName, kind: ObjectKind = "table"
    ) -> str:
        """Take from a role of a PostgreSQL service one right to one table, view or sequence (or schema, database). Use
        it to withdraw a right that should not be there.
        """
        return await self._carry_out(service, Asked(role, privilege, table, kind), is_grant=False)

    async def before_grant(self, service: str, role: str, privilege: str, table: str, kind: str) -> Prepared:
        async with self.reach.postgres(service) as session:
            right = await self._right(session, service, Asked(role, privilege, table, kind), is_grant=True)
            if right.lines or (role != PUBLIC and await _may_already(session, right)):
                raise Rejected(f"{role} has {privilege} on {right.target.sql} already: look elsewhere for the cause.")
        why = "it gives everybody a right" if role == PUBLIC else ""
        return _prepared(right, right.granting, why or (f"{privilege} reaches far" if privilege in _FAR else ""))

    async def before_revoke(self, service: str, role: str, privilege: str, table: str, kind: str) -> Prepared:
        async with self.reach.postgres(service) as session:
            right = await self._right(session, service, Asked(role, privilege, table, kind), is_grant=False)
        if not right.lines:
            raise Rejected(
                f"{role} was not given {privilege} on {right.target.sql} itself, so it cannot be taken away."
            )
        others = sorted({each.grantor for each in (*right.lines, *right.columns)} - {right.target.owner})
        if others:
            raise Rejected(
                f"{privilege} on {right.target.sql} was given by {', '.join(others)}, who has to take it back."
            )
        return _prepared(right, right.revoking, "")

    async def undo(self, before: Right) -> None:
        """The lines of this right as they were; what others changed of it since is a Conflict."""
        async with self.reach.postgres(before.service, writes=True) as session:
            now = await _lines(session, before)
            if now == before.lines:
                return
            if before.is_grant and any(each.is_grantable for each in now):
                raise Conflict(f"Somebody gave {before.role} more since: {_told(now)}. {before.revoking} by hand.")
            if not before.is_grant and now:
                raise Conflict(f"Somebody gave {before.role} another right since: {_told(now)}.")
            await session.together(*_putting_back(before, await _columns(session, before)))
            whole, columns = await _lines(session, before), await _columns(session, before)
        if whole != before.lines or any(each not in columns for each in before.columns):
            was = _told((*before.lines, *before.columns))
            raise Irrecoverable(f"{before.target.sql} is not as it was for {before.role}, which was {was}.")

    async def applied(self, arguments: dict[str, JsonValue], before: Right) -> bool | None:
        del arguments
        async with self.reach.postgres(before.service) as session:
            now = await _lines(session, before)
        if now == before.lines:
            return False
        return True if bool(now) is before.is_grant else None

    async def _carry_out(self, service: str, asked: Asked, *, is_grant: bool) -> str:
        async with self.reach.postgres(service, writes=True) as session:
            right = await self._right(session, service, asked, is_grant=is_grant)
            await session.together(right.granting if is_grant else right.revoking)
            if bool(await _lines(session, right)) is not is_grant:
                raise Rejected(f"The server took it without a change: we may not decide over {right.target.sql}.")
        return right.granting if is_grant else right.revoking

    async def _right(self, session: PostgresSession, service: str, asked: Asked, *, is_grant: bool) -> Right:
        await _must_be_a_role(session, asked.role)
        target = await _target(session, asked.table, asked.kind)
        if asked.privilege not in _OF_KIND[target.kind]:
            known = ", ".join(sorted(_OF_KIND[target.kind]))
            raise Rejected(f"There is no right {asked.privilege} to a {target.kind}: {known}.")
        right = Right(service=service, target=target, role=asked.role, privilege=asked.privilege, is_grant=is_grant)
        lines, columns = await _lines(session, right), await _columns(session, right)
        return right.model_copy(update={"lines": lines, "columns": columns})


def _prepared(right: Right, sql: str, must_ask: str) -> Prepared:
    return Prepared(
        before=right.model_dump(mode="json"),
        touches=(f"service:{right.service}", f"role:{right.service}/{right.role}"),
        difference=f"{sql}\n(it was {_told(right.lines)})",
        must_ask=must_ask,
    )


def _told(lines: Iterable[Entry]) -> str:
    told = [f"{each.privilege}{' with grant option' if each.is_grantable else ''} by {each.grantor}" for each in lines]
    return ", ".join(told) or "no such right"


def _putting_back(before: Right, now: tuple[Entry, ...]) -> list[str]:
    """One right of the whole, then those of columns that went along."""
    whole = [before.revoking] if before.is_grant else [_again(before, each) for each in before.lines]
    lost = before.columns if before.is_grant else [each for each in before.columns if each not in now]
    return [*whole, *(_again(before, each) for each in lost)]


def _again(before: Right, line: Entry) -> str:
    what = f"{line.privilege} ({line.column})" if line.column else line.privilege
    option = " WITH GRANT OPTION" if line.is_grantable else ""
    return f"GRANT {what} ON {before.target.sql} TO {before.grantee}{option}"


async def _must_be_a_role(session: PostgresSession, role: str) -> None:
    known = [row["rolname"] for row in await session.rows("SELECT rolname::text FROM pg_roles ORDER BY 1")]
    if role not in {*known, PUBLIC}:
        likely = nearest(role, known) or tuple(each for each in known if not each.startswith("pg_"))
        raise Rejected(f"There is no role {role}. Did you mean {', '.join(likely)}?")


async def _target(session: PostgresSession, name: str, kind: str) -> Target:
    if kind == "table":
        found = await find_relation(session, name, (*TABLES, *SEQUENCES))
        what = "sequence" if found.kind in SEQUENCES else "table"
        return Target(kind=what, oid=found.oid, sql=f"{what.upper()} {found.quoted}", owner=found.owner)
    rows = {row["name"]: row for row in await session.rows(_NAMED[kind])}
    if name not in rows:
        raise Rejected(f"There is no {kind} {name}. Did you mean {', '.join(nearest(name, rows) or rows)}?")
    row = rows[name]
    return Target(kind=kind, oid=row["oid"], sql=f"{kind.upper()} {quoted(name)}", owner=row["owner"])


async def _lines(session: PostgresSession, right: Right) -> tuple[Entry, ...]:
    """What the access list, or what stands for none, says of this right of this role."""
    of = right.target.kind if right.target.kind in _NAMED else "relation"
    return _mine(right, await session.rows(statement(f"acl_{of}"), right.target.oid))


async def _columns(session: PostgresSession, right: Right) -> tuple[Entry, ...]:
    if right.target.kind != "table":
        return ()
    return _mine(right, await session.rows(statement("acl_columns"), right.target.oid))


def _mine(right: Right, rows: list[dict[str, object]]) -> tuple[Entry, ...]:
    mine = [row for row in rows if (row["grantee"], row["privilege"]) == (right.role, right.privilege)]
    return tuple(Entry.model_validate(row) for row in mine)


async def _may_already(session: PostgresSession, right: Right) -> bool:
    return bool(
        await session.value(
            f"SELECT has_{right.target.kind}_privilege($1::text, $2::oid, $3::text)",
            right.role, right.target.oid, right.privilege,
        )
    )  # fmt: skip
