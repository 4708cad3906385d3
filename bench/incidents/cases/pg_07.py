"""A crash dump fills the file system of the write-ahead log, and PostgreSQL stops."""

import os

import psycopg

from bench.incidents.cases.means import approving
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

WAL = "postgres/data/pg_wal"
JUNK = f"{WAL}/core.20417"
_ROOM_KB = 40_000
_MUCH = "select pg_logical_emit_message(true, 'audit', repeat('x', 900000)) from generate_series(1, 8)"


async def inject(yard: Yard) -> None:
    """The dump takes all that is left; writes until the log needs a new segment."""
    used_kb = sum(each.stat().st_size for each in yard.path(WAL).rglob("*") if each.is_file()) // 1024
    await yard.mount_tmpfs(WAL, used_kb + _ROOM_KB, service="postgres")
    _fill(yard)
    await write_until_it_fails(yard)


def _fill(yard: Yard) -> None:
    left = os.statvfs(yard.path(WAL))
    yard.path(JUNK).write_bytes(b"\x7fELF" + bytes(left.f_bavail * left.f_frsize - 4_096))
    stat = yard.path(WAL).stat()
    os.chown(yard.path(JUNK), stat.st_uid, stat.st_gid)


async def write_until_it_fails(yard: Yard) -> None:
    """Until the server is down, or takes no more."""
    for _ in range(12):
        try:
            await yard.sql(_MUCH)
            await yard.sql("select pg_switch_wal()")
        except psycopg.Error:
            return


async def reference(yard: Yard) -> None:
    yard.path(JUNK).unlink()
    await yard.restart("postgres")


async def oracle(yard: Yard) -> list[str]:
    """The log is whole: nothing of it was thrown away with the dump."""
    rows = await yard.sql("select count(*) from pg_ls_waldir()")
    gone = [] if not yard.path(JUNK).exists() else ["the crash dump still fills the disk"]
    return gone + ([] if rows[0][0] > 0 else ["the write-ahead log is empty"])


INCIDENT = Incident(
    id="PG-07",
    family="disk",
    title="a crash dump fills the disk of the write-ahead log",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("core.20417",), ("pg_wal", "full"), ("no space left",), ("disk", "full")),
    allowed=Change(files=(JUNK,)),
    oracle=oracle,
    approves=approving(r"core\.20417"),
    needs_root=True,
    rebuild=True,
)
