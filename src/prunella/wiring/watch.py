"""A watch from its parts: the fleet as world, and every declared probe by itself."""

from prunella.domain.service import Fleet
from prunella.redaction.redactor import Redactor
from prunella.wiring.workshop import Workshop
from prunella.workers.watch import Watched
from prunella.world.fleet_world import FleetWorld
from prunella.world.preflights.preflight import check_of

_LATENT_EVERY_S = 5.0  # whether a file changed; only then is anything run


def world_to_watch(fleet: Fleet, services: tuple[str, ...], workshop: Workshop) -> FleetWorld:
    """The fleet as `services` are looked at; nothing of it is a run's."""
    return FleetWorld(
        fleet, services, workshop.home, workshop.known_good(), Redactor(), workshop.settings.environ
    )  # fmt: skip


def watched_by(world: FleetWorld) -> tuple[Watched, ...]:
    """All probes of the world's targets, in the order of the file."""
    declared = (
        Watched(name, probe, spec.every_s)
        for name in world.targets
        for spec, probe in zip(world.fleet.services[name].probes, world.probes[name], strict=True)
    )
    sleeping = (
        Watched(name, latent, _LATENT_EVERY_S)
        for name, latent in world.latent.items()
        if check_of(world.fleet.services[name]) is not None
    )
    return (*declared, *sleeping)
