"""What PostgreSQL says of its sessions: who holds whom up, and who uses the connections up."""

from typing import Any

from prunella.domain.facts import ServerFact
from prunella.servers.codes import fact
from prunella.servers.postgres import APPLICATION, PostgresSession, statement

_NEARLY = 0.8
_MANY = 0.25
_FEWEST = 3


async def blocked(session: PostgresSession, service: str) -> list[ServerFact]:
    """The sessions that others have waited for, for half a second at least, at the root of each queue."""
    rows = await session.rows(statement("blockers"))
    found = [_blocked(service, row) for row in rows if row["pid"]]
    waited_for = any(not row["pid"] for row in rows)
    prepared = await session.rows(statement("prepared"), waited_for)
    return [*found, *(_prepared(service, row) for row in prepared)]


async def idle_in_transaction(session: PostgresSession, service: str) -> list[ServerFact]:
    """Transactions that were left open."""
    return [
        fact(
            "postgres.idle-in-transaction", service, f"{_who(row)} has been {row['state']} since {row['since']}", **row
        )
        for row in await session.rows(statement("idle_in_transaction"))
    ]


async def slots(session: PostgresSession, service: str) -> list[ServerFact]:
    """Where connections run out, and, of a server where they do, who sits idle on many of them."""
    rows = await session.rows(statement("slots"))
    short = [row for row in rows if row["used"] >= _NEARLY * (row["limit"] - row["reserved"])]
    found = [_short(service, row) for row in short]
    if not any(row["of"] == "server" for row in short):
        return found
    room = next(row["limit"] for row in short if row["of"] == "server")
    groups = await session.rows(statement("connections"))
    return [*found, *(_hog(service, row) for row in groups if _is_hog(row, room))]


def _is_hog(row: dict[str, Any], room: int) -> bool:
    idle = row["idle"] + row["idle_in_transaction"]
    return row["application"] != APPLICATION and idle >= max(_FEWEST, _MANY * room)


def _blocked(service: str, row: dict[str, Any]) -> ServerFact:
    waiting = f"{row['blocked']} session{'s' if row['blocked'] > 1 else ''}"
    what = f" for {row['table']}" if row["table"] else ""
    text = f"{waiting} have waited up to {row['waiting_s']} s{what} on {_who(row)}, {row['state'] or 'gone'}"
    return fact("postgres.blocked", service, f"{text} in a transaction since {row['since']}: {row['query']}", **row)


def _prepared(service: str, row: dict[str, Any]) -> ServerFact:
    text = f"The prepared transaction {row['gid']} of {row['user']} in {row['database']} was never ended"
    return fact("postgres.prepared", service, f"{text} (since {row['since']})", **row)


def _short(service: str, row: dict[str, Any]) -> ServerFact:
    kept = f", {row['reserved']} of them for superusers" if row["reserved"] else ""
    return fact(
        "postgres.slots",
        service,
        f"{row['used']} of {row['limit']} connections of the {row['of']} are used{kept}",
        **row,
    )


def _hog(service: str, row: dict[str, Any]) -> ServerFact:
    idle = f"{row['idle']} idle, {row['idle_in_transaction']} idle in a transaction"
    text = f"{_named(row)} keeps {row['count']} connections ({idle}), the oldest since {row['since']}"
    return fact("postgres.idle-hog", service, text, **{**row, "pids": " ".join(map(str, row["pids"]))})


def _who(row: dict[str, Any]) -> str:
    return f"pid {row['pid']} ({_named(row)})"


def _named(row: dict[str, Any]) -> str:
    return f"{row['application'] or 'an unnamed application'} as {row['user'] or 'nobody'}"


session_facts = (blocked, slots, idle_in_transaction)
