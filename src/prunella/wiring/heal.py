"""A heal from its parts: the fleet as world, the packs as tools, the fleet file's policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prunella.domain.goal import Goal
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord
from prunella.domain.service import BrainsSpec, Fleet
from prunella.healing.context import Context
from prunella.healing.probation import on_probation
from prunella.policy.autonomy import spec_for_dry_run
from prunella.policy.rules import Rules
from prunella.protocols import Approver, Sink, Tool
from prunella.redaction.redactor import Redactor
from prunella.rehearsal.fleet import FleetRehearsal
from prunella.storage.checkpoints import forget
from prunella.telemetry.backends import captures_content
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.evidence import EvidencePack
from prunella.tools.packs.files import FilesPack
from prunella.tools.packs.http import HttpPack, probed_places
from prunella.tools.packs.postgres.pack import postgres_tools
from prunella.tools.packs.redis.pack import redis_tools
from prunella.tools.packs.services import ServicesPack
from prunella.tools.spilling import SpillingTools
from prunella.tools.toolbox import Tools
from prunella.wiring.brains import Study, brain_of, roles_of
from prunella.wiring.discreet import Discreet
from prunella.wiring.workshop import Workshop, new_run_id
from prunella.workers.approval import DurableApprover
from prunella.workers.worker import Worker
from prunella.world.fleet_world import FleetWorld
from prunella.world.posture import FleetPosture, posture_of_files
from prunella.world.provenance import FleetProvenance


@dataclass(frozen=True)
class Heal:
    """What one `prunella heal` was asked: the goal, the services meant by it, and who may say yes.

    `approver` None: nobody is here, and questions wait. `is_dry`: nothing is to be touched, nor any question kept.
    `is_attended`: the approver answers at once.
    """

    fleet: Fleet
    goal: str
    services: tuple[str, ...]
    brains: BrainsSpec
    autonomy: Autonomy
    approver: Approver | None
    is_dry: bool = False
    is_attended: bool = True

    def record(self, workshop: Workshop) -> RunRecord:
        """A new run, not yet written down."""
        return RunRecord(
            id=new_run_id(),
            goal=self.goal,
            fleet=str(self.fleet.path),
            services=self.services,
            brain=" → ".join(self.brains.ladder),
            started=workshop.clock.now(),
        )


async def carry_out(heal: Heal, record: RunRecord, workshop: Workshop, sinks: Sequence[Sink]) -> RunRecord:
    """Work on an opened run until it has its verdict, and through its probation; then its checkpoints go.

    Raises Parked when nobody is here to answer a question: the run waits on the disk then, for whoever has the answer.
    """
    context = heal_context(heal, record, workshop, sinks)

    async def work(held: RunRecord, context: Context) -> RunRecord:
        """Under the lease of `held`: a run that is opened again has another one."""
        approver = _approver(heal, held, workshop)
        return await Worker(workshop.loop, workshop.runs, approver, workshop.pause).work(held, context)

    ended = await on_probation(
        await work(record, context), context, heal.fleet.policy.probation_s,
        loop=workshop.loop, work=work, reopen=workshop.runs.reopen,
    )  # fmt: skip
    await forget(workshop.saver, ended.id)
    return ended


def _approver(heal: Heal, record: RunRecord, workshop: Workshop) -> Approver:
    """What a dry run asks is not kept: its answer is always no."""
    if heal.is_dry and heal.approver is not None:
        return heal.approver
    return DurableApprover(workshop.approvals, record.token, workshop.clock, heal.approver)


def heal_context(heal: Heal, record: RunRecord, workshop: Workshop, sinks: Sequence[Sink]) -> Context:
    """Everything that the loop works with; the run's own services are its targets."""
    fleet, environ, redactor = heal.fleet, workshop.settings.environ, Redactor()
    targets = tuple(name for name in record.services if name in fleet.services) or heal.services
    world = FleetWorld(fleet, targets, workshop.home, workshop.known_good(), redactor, environ)
    store = workshop.evidence(record.id, redactor)
    tools = fleet_tools(world, environ)
    emit = workshop.emitter(record.id, redactor, sinks).emit
    study = Study(
        environ, emit, observe=world.newest_facts, prices=heal.brains.prices, capture=captures_content(environ)
    )
    return Context(
        goal=Goal(heal.goal, check=world.check, constraints=(world.check_neighbours,)),
        world=world,
        brain=Discreet(brain_of(roles_of(heal.brains), study), redactor),
        tools=SpillingTools(tools, store, Tools(EvidencePack(store).tools(), redacts=redactor)),
        policy=Rules(spec_for_dry_run(fleet.policy) if heal.is_dry else fleet.policy, heal.autonomy, fleet.path),
        journal=workshop.journal,
        runs=workshop.runs,
        clock=workshop.clock,
        emit=emit,
        spending=workshop.spending,
        lessons=workshop.lessons(redactor),
        evidence=store,
        provenance=FleetProvenance(world, record.goal),
        security=FleetPosture(world),
        rehearsal=FleetRehearsal(world, lambda shadow: _file_tools(shadow, environ), posture_of=posture_of_files),
        token=record.token,
        since=workshop.clock.now(),
        fleet=str(fleet.path),
        approval_expires_s=fleet.policy.approval_expires_s,
        attended=heal.is_attended,
        limits=fleet.limits,
    )


def fleet_tools(world: FleetWorld, environ: Mapping[str, str]) -> Tools:
    """The tools of a heal over one fleet, but for those that read the run's own evidence."""
    others = (*ServicesPack(world).tools(), *HttpPack(probed_places(world.fleet)).tools())
    servers = (*postgres_tools(world.fleet, world.secret), *redis_tools(world.fleet, world.secret))
    return Tools([*_file_tools(world, environ), *others, *servers], redacts=world.redactor)


def _file_tools(world: FleetWorld, environ: Mapping[str, str]) -> tuple[Tool, ...]:
    """Those that work on a shadow as well."""
    return (*ConfigPack(world, environ).tools(), *FilesPack(world).tools())
