"""A service ahead of a deed, and how it is put back into that state."""

from prunella.domain.frozen import Frozen
from prunella.domain.supervisor import ServiceStatus
from prunella.domain.tool import Prepared
from prunella.errors import Irrecoverable, Rejected
from prunella.nearest import nearest
from prunella.protocols import Supervisor
from prunella.supervisors.strays import Stray
from prunella.world.fleet_world import FleetWorld, digest_of


class Before(Frozen):
    """A service ahead of our deed, and the digest of its configuration on disk at that time.

    `stray` is the process to be ended, one of `instances` that the service had.
    """

    service: str
    status: ServiceStatus
    disk: str
    stray: Stray | None = None
    instances: int = 0


def supervisor_of(world: FleetWorld, service: str) -> Supervisor:
    """Raises Rejected for a service that is unknown, or that nothing supervises."""
    if service in world.supervised:
        return world.supervised[service]
    if service in world.fleet.services:
        raise Rejected(f"{service} declares no supervisor, so it can be neither started nor stopped.")
    known = tuple(world.fleet.services)
    raise Rejected(f"There is no service {service}. Did you mean {', '.join(nearest(service, known) or known)}?")


async def before_of(world: FleetWorld, service: str) -> Before:
    status = await supervisor_of(world, service).status()
    return Before(service=service, status=status, disk=disk_digest(world, service))


def prepared_for(before: Before, *touches: str) -> Prepared:
    return Prepared(before=before.model_dump(mode="json"), touches=(f"service:{before.service}", *touches))


def disk_digest(world: FleetWorld, service: str) -> str:
    return digest_of(world.fleet.services[service].own_config)


async def must_pass(world: FleetWorld, service: str) -> None:
    """Raises Rejected when the service's own pre-flight is red."""
    result = await world.preflight(service)
    if result is not None and not result.ok:
        raise Rejected(f"The pre-flight of {service} is red, so it was not touched: {result.output.strip()[-600:]}")


async def put_back(world: FleetWorld, was: Before) -> None:
    """Running or stopped as before, on the configuration that it ran on before. Raises Irrecoverable."""
    supervisor = supervisor_of(world, was.service)
    now, disk = await supervisor.status(), disk_digest(world, was.service)
    if not was.status.running:
        await supervisor.stop()
    elif not _is_as_before(now, was.status, disk):
        await _start_as_before(supervisor, was, disk)


async def _start_as_before(supervisor: Supervisor, was: Before, disk: str) -> None:
    """Where nobody can tell what it ran on, that was the disk as the run found it, which is what is there now."""
    if was.status.config not in {None, disk}:
        raise Irrecoverable(
            f"{was.service} ran on another configuration than the one on disk, so that state cannot be put back. "
            "Look at its files, then start it by hand."
        )
    try:
        await supervisor.restart()
    except Rejected as error:
        raise Irrecoverable(f"{was.service} was running and does not start as it was: {error}") from error


def _is_as_before(now: ServiceStatus, was: ServiceStatus, disk: str) -> bool:
    """The same process, or another that was started on the same configuration; False when that cannot be told."""
    if not now.running:
        return False
    is_same = now.pid is not None and (now.pid, now.started) == (was.pid, was.started)
    return is_same or (now.config is not None and now.config == (was.config or disk))
