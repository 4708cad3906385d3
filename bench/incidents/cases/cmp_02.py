"""A log on the disk of the database fills it, the database stops, customers get errors: three alerts, one cause."""

import os

from bench.incidents.cases.means import YAML, approving
from bench.incidents.cases.pg_07 import write_until_it_fails
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

WAL = "postgres/data/pg_wal"
LOG, RIGHT = f"{WAL}/payments.log", "log/payments.log"
_LINE = b"2026-11-20 03:12:44,101 DEBUG payments[4711] order {}\n"
_ROOM_KB = 40_000


async def inject(yard: Yard) -> None:
    used_kb = sum(each.stat().st_size for each in yard.path(WAL).rglob("*") if each.is_file()) // 1024
    await yard.mount_tmpfs(WAL, used_kb + _ROOM_KB, service="postgres")
    yard.edit(YAML, f"file: {yard.path(RIGHT)}", f"file: {yard.path(LOG)}")
    yard.edit(YAML, "level: INFO", "level: DEBUG")
    await yard.restart("payments")
    left = os.statvfs(yard.path(WAL))
    with yard.path(LOG).open("ab") as log:
        log.write(_LINE * ((left.f_bavail * left.f_frsize - 4_096) // len(_LINE)))
    await write_until_it_fails(yard)


async def reference(yard: Yard) -> None:
    yard.edit(YAML, f"file: {yard.path(LOG)}", f"file: {yard.path(RIGHT)}")
    yard.edit(YAML, "level: DEBUG", "level: INFO")
    yard.path(LOG).unlink()
    await yard.restart("payments")
    await yard.restart("postgres")


INCIDENT = Incident(
    id="CMP-02",
    family="compound",
    title="a log fills the disk of the database",
    services=("payments", "postgres"),
    inject=inject,
    reference=reference,
    cause=(("payments.log",), ("config.yaml", "log"), ("disk", "full")),
    allowed=Change(files=(YAML, LOG)),
    approves=approving(r"payments\.log", r"config\.\w+.*config\.yaml"),
    needs_root=True,
    rebuild=True,
)
