"""A log that somebody deleted is still open, and its space does not come back."""

import os

from bench.incidents.cases.means import approving
from bench.incidents.incident import Change, Incident
from bench.incidents.laying import until_serving
from bench.incidents.yard import Yard

FOLDER, LOG = "log", "log/edge.access.log"
_SIZE_KB = 6_000


async def inject(yard: Yard) -> None:
    """All logs move onto a disk of their own; one grows until it is full, and is deleted while it is open."""
    await yard.stop_all()
    await yard.mount_tmpfs(FOLDER, _used_kb(yard) + _SIZE_KB)
    await yard.start_all()
    await until_serving(yard)
    left = os.statvfs(yard.path(FOLDER))
    with yard.path(LOG).open("ab") as log:
        log.write(_LINE * ((left.f_bavail * left.f_frsize - 8_192) // len(_LINE)))
    yard.path(LOG).unlink()


_LINE = b'127.0.0.1 [2026-01-01T00:00:00+00:00] "GET / HTTP/1.1" 200 71 "curl/8.5" 0.000\n'


def _used_kb(yard: Yard) -> int:
    return sum(each.stat().st_size for each in yard.logs()) // 1024 + 64


async def reference(yard: Yard) -> None:
    await yard.restart("edge")


async def full(yard: Yard) -> list[str]:
    disk = os.statvfs(yard.path(FOLDER))
    free = 100 * disk.f_bavail / disk.f_blocks
    return [f"the disk of the logs has {free:.1f} % left"] if free < 5 else []


async def oracle(yard: Yard) -> list[str]:
    """Space is back, and no other log went for it."""
    names = {each.name for each in yard.logs()}
    gone = {"payments.log", "postgres.log", "redis.log", "edge.error.log"} - names
    return [*(await full(yard)), *(f"log/{name} was removed" for name in sorted(gone))]


INCIDENT = Incident(
    id="DSK-01",
    family="disk",
    title="a deleted log that is still open fills the disk",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("edge.access.log",), ("deleted", "open"), ("held", "deleted")),
    allowed=Change(files=(LOG,)),
    symptom=full,
    oracle=oracle,
    approves=approving(r"edge"),
    needs_root=True,
    rebuild=True,
)
