"""What PostgreSQL says of what it stores: sequences, indexes, roles, and the logs that must not pile up."""

from collections.abc import Sequence
from typing import Any

from prunella.domain.facts import ServerFact
from prunella.servers.codes import fact
from prunella.servers.failures import Refused
from prunella.servers.postgres import PostgresSession, statement

_NEARLY = 0.95
_AT_ONCE = 50


async def sequences(session: PostgresSession, service: str) -> list[ServerFact]:
    """Those that end soon, and those that would give out what their column holds already."""
    rows = await session.rows(statement("sequences"))
    found: list[ServerFact] = []
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        found += [
            each for row, now in zip(part, await _now(session, part), strict=True) for each in _of(service, row, now)
        ]
    return found


async def _now(session: PostgresSession, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each sequence stands, and the highest value of its column where an index knows it."""
    asked = " UNION ALL ".join(_standing(number, row) for number, row in enumerate(rows))
    return sorted(await session.rows(asked), key=lambda row: row["place"])


def _standing(number: int, row: dict[str, Any]) -> str:
    figures = f"{number} AS place, last_value::numeric AS last, is_called, {_highest(row)} AS top"
    return f"SELECT {figures} FROM {row['sequence']}"  # noqa: S608 -- the server quoted the names


def _highest(row: dict[str, Any]) -> str:
    if not row["is_unique"]:
        return "NULL::numeric"
    return f"(SELECT max({row['column']}) FROM {row['table']})::numeric"  # noqa: S608 -- the server quoted the names


def _of(service: str, row: dict[str, Any], now: dict[str, Any]) -> list[ServerFact]:
    following = now["last"] + row["increment"] if now["is_called"] else now["last"]
    if row["increment"] < 0:
        return []
    column = min(row["highest"], row["column_highest"] or row["highest"])
    if not row["cycles"] and now["last"] >= row["lowest"] + _NEARLY * (column - row["lowest"]):
        return [_ends(service, row, now, column, ended=following > column)]
    if now["top"] is not None and following <= now["top"]:
        return [_behind(service, row, now)]
    return []


def _ends(service: str, row: dict[str, Any], now: dict[str, Any], limit: int, *, ended: bool) -> ServerFact:
    by = "column" if limit < row["highest"] else "sequence"
    text = f"{row['sequence']} is at {now['last']} of {limit}, {'its end' if ended else 'close to its end'}"
    return fact(
        "postgres.sequence-end", service, f"{text} (the {by}'s limit)", sequence=row["sequence"], table=row["table"],
        column=row["column"], last=now["last"], limit=limit, limited_by=by, ended=ended,
    )  # fmt: skip


def _behind(service: str, row: dict[str, Any], now: dict[str, Any]) -> ServerFact:
    text = f"{row['sequence']} is at {now['last']}, and {row['table']}.{row['column']} already holds {now['top']}"
    return fact(
        "postgres.sequence-behind", service, text, sequence=row["sequence"], table=row["table"], column=row["column"],
        last=now["last"], highest=now["top"], value=now["top"],
    )  # fmt: skip


async def the_rest(session: PostgresSession, service: str) -> list[ServerFact]:
    """Each of them alone: a role may see some of it only."""
    found: list[ServerFact] = []
    for code, query, text in _SIMPLE:
        try:
            rows = await session.rows(statement(query))
        except Refused:
            continue
        found += [fact(f"postgres.{code}", service, text.format(**row), **row) for row in rows]
    return found


_SIMPLE = (
    ("invalid-index", "invalid_indexes", "The index {index} of {table} is not valid: no query uses it"),
    ("role-expired", "expired_roles", "The password of {role} was good until {until}"),
    ("archive-failing", "archiver", "{wal} could not be archived, {failed} failures so far, the last at {since}"),
    ("slot-retains-wal", "unread_slots", "Nobody reads the replication slot {slot}, whose WAL is {status}"),
    ("wraparound", "wraparound", "{database} has not frozen its rows for {age} transactions"),
    ("checksum-failures", "checksum_failures", "{failures} damaged pages in {database}, the last found at {since}"),
)

data_facts = (sequences, the_rest)
