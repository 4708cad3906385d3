"""A log that tells too much has filled its disk, with what was rotated out of it."""

import os

from bench.incidents.cases.dsk_01 import full
from bench.incidents.cases.means import YAML, approving
from bench.incidents.customers import CARD
from bench.incidents.incident import Change, Incident
from bench.incidents.laying import until_serving
from bench.incidents.yard import Yard

FOLDER, ROTATED = "log", "log/payments.log.1"
_SIZE_KB = 6_000
_LINE = b"2026-11-20 03:12:44,101 DEBUG payments[4711] order {}\n"


async def inject(yard: Yard) -> None:
    await yard.stop_all()
    used_kb = sum(each.stat().st_size for each in yard.logs()) // 1024 + 64
    await yard.mount_tmpfs(FOLDER, used_kb + _SIZE_KB)
    yard.edit(YAML, "level: INFO", "level: DEBUG")
    await yard.start_all()
    await until_serving(yard)
    left = os.statvfs(yard.path(FOLDER))
    yard.path(ROTATED).write_bytes(_LINE * ((left.f_bavail * left.f_frsize - 4_096) // len(_LINE)))


async def reference(yard: Yard) -> None:
    yard.edit(YAML, "level: DEBUG", "level: INFO")
    yard.path(ROTATED).unlink()
    await yard.restart("payments")


async def oracle(yard: Yard) -> list[str]:
    """Space is back, the log in use is still there, and orders are no longer printed."""
    path = yard.path("log/payments.log")
    if not path.exists():
        return ["log/payments.log was removed"]
    before = path.stat().st_size
    await yard.journey(3)
    added = path.read_bytes()[before:].decode(errors="replace")
    return [*(await full(yard)), *(["payments still prints whole orders"] if CARD in added else [])]


INCIDENT = Incident(
    id="DSK-03",
    family="disk",
    title="a log that tells too much has filled its disk",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("payments.log",), ("config.yaml", "level"), ("disk", "full")),
    allowed=Change(files=(YAML, ROTATED)),
    symptom=full,
    oracle=oracle,
    approves=approving(r"payments\.log", r"config\.\w+.*config\.yaml"),
    needs_root=True,
    rebuild=True,
)
