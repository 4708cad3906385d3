"""What an interrupted dump left behind fills the disk of Redis."""

import os

from bench.incidents.cases.means import approving, redis_setting
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

FOLDER = "redis/data"
JUNK = f"{FOLDER}/temp-20417.rdb"


async def inject(yard: Yard) -> None:
    await yard.mount_tmpfs(FOLDER, 8_000, service="redis")
    left = os.statvfs(yard.path(FOLDER))
    with yard.path(JUNK).open("wb") as junk:
        junk.write(b"REDIS0010")
        junk.write(bytes(left.f_bavail * left.f_frsize - 4_096))
    await yard.journey(20)


async def reference(yard: Yard) -> None:
    yard.path(JUNK).unlink()
    await yard.redis("BGSAVE")


async def oracle(yard: Yard) -> list[str]:
    """Redis can save again, and still refuses writes when it cannot."""
    said = str(await yard.redis("INFO", "persistence"))
    stops = await redis_setting(yard, "stop-writes-on-bgsave-error")
    wrong = [f"{name} is not ok" for name in ("rdb_last_bgsave_status", "aof_last_write_status") if _is_bad(said, name)]
    return wrong + ([] if stops == "yes" else ["Redis takes writes that it cannot save"])


def _is_bad(said: str, name: str) -> bool:
    return f"{name}:err" in said or f"'{name}': 'err'" in said


INCIDENT = Incident(
    id="RED-02",
    family="disk",
    title="the disk of Redis is full, and it takes no more writes",
    services=("redis",),
    inject=inject,
    reference=reference,
    cause=(("temp-20417.rdb",), ("redis/data", "full"), ("no space left",), ("disk", "full")),
    allowed=Change(files=(JUNK,)),
    oracle=oracle,
    approves=approving(r"temp-20417\.rdb", r"bgsave"),
    needs_root=True,
    rebuild=True,
)
