"""An illegal unit, taken over by a reload that ignored it."""

from bench.incidents.cases.means import PG, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_ERRORS = "select name, error from pg_file_settings where error is not null and name = 'shared_buffers'"


async def inject(yard: Yard) -> None:
    yard.edit(PG, "shared_buffers = 64MB", "shared_buffers = 64MBB")
    await yard.reload("postgres")


async def reference(yard: Yard) -> None:
    yard.edit(PG, "shared_buffers = 64MBB", "shared_buffers = 64MB")
    await yard.reload("postgres")


async def errors(yard: Yard) -> list[str]:
    """What the server itself finds wrong in its files."""
    return [f"{name}: {error}" for name, error in await yard.sql(_ERRORS)]


INCIDENT = Incident(
    id="PG-01",
    family="postgres",
    title="PostgreSQL runs on a configuration that it would not start with",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("postgresql.conf", "shared_buffers"),),
    allowed=Change(files=(PG,)),
    symptom=errors,
    latent=True,
    oracle=errors,
    approves=editing(PG),
)
