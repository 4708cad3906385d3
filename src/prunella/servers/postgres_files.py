"""What PostgreSQL says of its configuration files: what it would refuse, and what it does not run with yet."""

from contextlib import suppress

from prunella.domain.facts import ServerFact
from prunella.redaction.keys import is_secret_key
from prunella.redaction.redactor import REDACTED
from prunella.servers.codes import fact
from prunella.servers.failures import Refused
from prunella.servers.postgres import PostgresSession, statement


async def settings(session: PostgresSession, service: str) -> list[ServerFact]:
    """Lines that it would refuse, and values that wait for a restart.

    Looking into the files is a dry run of a reload in our own session: it marks there what takes a restart, which the
    view otherwise shows with the same error as an illegal value.
    """
    try:
        refused = await session.rows(statement("settings_refused"))
        disk = {row["setting"]: row for row in await session.rows(statement("settings_on_disk"))}
    except Refused:  # for superusers only, unless granted
        refused, disk = [], {}
    pending = {row["setting"]: row["running"] for row in await session.rows(statement("settings_pending"))}
    wrong = [_refused(service, row) for row in refused if row["setting"] not in pending]
    return [*wrong, *(_pending(service, name, running, disk.get(name, {})) for name, running in pending.items())]


async def files(session: PostgresSession, service: str) -> list[ServerFact]:
    """Files that were written since it last read them."""
    rows = await session.rows(statement("files_not_loaded"))
    return [
        fact("postgres.not-loaded", service, f"{row['file']} was written after it was last loaded", **row)
        for row in rows
    ]  # fmt: skip


async def hba(session: PostgresSession, service: str) -> list[ServerFact]:
    """Lines of pg_hba.conf that it cannot read; with one of them none of the file is taken over."""
    rows = await session.rows(statement("hba_refused"))
    return [
        fact("postgres.bad-hba", service, f"{row['file']}:{row['line']} is no rule: {row['error']}", **row)
        for row in rows
    ]  # fmt: skip


async def read_only(session: PostgresSession, service: str) -> list[ServerFact]:
    """That it takes no writes, and who says so."""
    row = (await session.rows(statement("read_only")))[0]
    if row["in_recovery"]:
        text = "It is in recovery (a standby), and takes no writes"
        return [fact("postgres.read-only", service, text, cause="recovery", source="", file="", line="")]
    if not row["by_default"]:
        return []
    text = "default_transaction_read_only is on: every write of a client fails"
    return [fact("postgres.read-only", service, text, cause="default_transaction_read_only", **await _said_by(session))]


async def _said_by(session: PostgresSession) -> dict[str, object]:
    """Who turned writes off: a role, a database, or a line of a file."""
    with suppress(Refused):
        for query in ("read_only_by_role", "read_only_by_file"):
            rows = await session.rows(statement(query))
            if rows:
                return rows[0]
    return {"source": "", "file": "", "line": ""}


def _refused(service: str, row: dict[str, object]) -> ServerFact:
    shown = REDACTED if is_secret_key(str(row["setting"])) else row["value"]
    what = f"{row['setting']} = {shown}" if row["setting"] else "this line"
    text = f"{row['file']}:{row['line']}: {what} would be refused: {row['error']}"
    return fact("postgres.bad-setting", service, text, **{**row, "value": shown})


def _pending(service: str, name: str, running: str, disk: dict[str, object]) -> ServerFact:
    wanted, file, line = (disk.get(each, "") for each in ("wanted", "file", "line"))
    text = f"{name} runs with {running}, and would be {wanted or 'its default'} after a restart"
    return fact(
        "postgres.pending-restart", service, text, setting=name, running=running, wanted=wanted, file=file, line=line
    )  # fmt: skip


file_facts = (settings, hba, files, read_only)
