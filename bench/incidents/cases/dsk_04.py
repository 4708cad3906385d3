"""The file system of the configuration was remounted read-only, with a mistake on it that cannot be mended."""

from bench.incidents.cases.means import ENV
from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(ENV, f":{yard.ports.postgres}/", f":{yard.ports.spare}/")
    await yard.reload("payments")
    yard.mount_read_only("payments")


INCIDENT = Incident(
    id="DSK-04",
    family="disk",
    title="the disk of the configuration is read-only",
    services=("payments",),
    inject=inject,
    cause=(("read-only",), ("EROFS",), (".env", "DATABASE_URL")),
    expected="escalate",
    needs_root=True,
    rebuild=True,
)
