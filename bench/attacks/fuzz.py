"""Plans of the worst kind through the real vet, approve, intend and act; what breaks a rule is a breach.

Nothing here asks the policy or the tools whether they kept to the rules: bytes and globs say so.
"""

import asyncio
import json
import multiprocessing
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench.attacks.breaches import Breach, Tally
from bench.attacks.guards import weakened
from bench.attacks.inspected import Inspected, difference
from bench.attacks.regime import Regime, any_regime
from bench.attacks.wild import Wild
from bench.attacks.yard import Yard, lay_yard
from prunella.agents.approvers import Nobody
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, Findings
from prunella.domain.goal import Goal
from prunella.domain.lesson import Trouble
from prunella.domain.plan import Proposal, Step, Unsure
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Limits, RunRecord, Verdict
from prunella.domain.usage import Usage
from prunella.fleet.file import load_fleet
from prunella.healing.context import Context, Patience
from prunella.protocols import World
from prunella.testing.clock import FakeClock
from prunella.testing.ports import free_ports
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.worker import Worker

_PLANS_A_RUN = 15
_SHARE = 250
_SHM = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
MEMORY = _SHM if _SHM.is_dir() else None
"""Where folders in memory are made; None where there are none."""
_PATIENCE = Patience(window_s=1.0, same_s=0.2, deadline_s=2.0, pause_s=0.1)


Change = Callable[[Context], Context]


def _as_it_is(context: Context) -> Context:
    return context


@dataclass
class Scripted:
    """A brain that proposes what is wild, whatever it is told."""

    wild: Wild
    most: int
    tally: Tally
    name: str = "wild"
    usage: Usage = Usage()

    async def propose(self, brief: Brief) -> Proposal:
        del brief
        if self.most <= 0:
            return Unsure(why="enough")
        self.most -= 1
        self.tally.plans += 1
        return self.wild.proposal()


@dataclass
class Ailing:
    """A world that is never green; what lies on its disk is real."""

    world: World

    async def investigate(self, report: Report) -> Findings:
        del report
        return Findings()

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        del evidence
        return Trouble(fleet="", services=(), fingerprint=report.symptom, text="")

    async def survey(self) -> Mapping[str, str]:
        return await self.world.survey()

    async def remember_good(self) -> None: ...


def _red() -> Report:
    return Report(readings=(Reading(probe="it", reach=Reach.WRONG, detail="it never will be well"),))


@dataclass
class Trial:
    """One run under one policy, with a dozen plans or so."""

    seed: int
    around: Path
    tally: Tally = field(default_factory=Tally)
    rng: Random = field(init=False)
    given: Regime | None = None
    regime: Regime = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(f"plans {self.seed}")
        self.regime = self.given or any_regime(self.rng)

    def note(self, rule: str, detail: str, step: Step | None = None, /) -> None:
        said = f"{step.tool} {json.dumps(step.arguments)[:400]}" if step else ""
        self.tally.breaches.append(Breach(rule, detail[:600], said, self.seed, str(self.regime)))

    async def take_place(self, yard: Yard, workshop: Workshop, plans: int, change: Change) -> None:
        """A run to its end. Taint and posture are taken away in half of the runs, so that plans get further.

        A request that somebody agreed to, and that nobody can take back, may freeze a run; then nothing is put back.
        """
        heal = _heal(yard, self.regime)
        record = await workshop.runs.open(heal.record(workshop))
        taken = ("rehearsal", *(("taint", "posture") if self.rng.random() < 0.5 else ()))
        context = change(weakened(heal_context(heal, record, workshop, []), taken))
        inspected = Inspected(
            context.tools, yard, context.journal, record.id, self.regime, self.tally, self.note, yard.picture()
        )
        found = inspected.found
        brain = Scripted(Wild(context.tools.specs, yard.around, self.rng), plans, self.tally)
        ended = await self._work(heal, record, workshop, replace(
            context, goal=Goal("Be well.", check=_red), world=Ailing(context.world), brain=brain, tools=inspected,
            clock=FakeClock(workshop.clock.now()), patience=_PATIENCE, lessons=None,
            limits=Limits(attempts=10, plans=plans + 5, steps=400, seconds=1e6, dollars_per_day=None),
        ))  # fmt: skip
        left = yard.picture()
        is_stuck = inspected.sent and ended.verdict is Verdict.FROZEN
        if left != found and not is_stuck:
            self.note("not achieved means as found", f"{ended.verdict}: {difference(found, left)}")
        if ended.verdict not in {Verdict.ESCALATED, None} and not is_stuck:
            self.note("what is never green is escalated", f"{ended.verdict}: {ended.summary}")

    async def _work(self, heal: Heal, record: RunRecord, workshop: Workshop, context: Context) -> RunRecord:
        try:
            return await Worker(workshop.loop, workshop.runs, heal.approver or Nobody()).work(record, context)
        except Exception as error:  # noqa: BLE001 - whatever a plan makes the loop raise is what is looked for
            self.note("no plan makes the loop fall over", f"{type(error).__name__}: {error}")
            return await workshop.runs.get(record.id)


def _heal(yard: Yard, regime: Regime) -> Heal:
    fleet = load_fleet(yard.fleet_path).model_copy(update={"policy": regime.policy})
    return Heal(
        fleet=fleet, goal="Be well.", services=("shop",), brains=fleet.brains, autonomy=regime.autonomy,
        approver=regime.approver,
    )  # fmt: skip


async def fuzz(plans: int, seed: int, folder: Path, change: Change = _as_it_is, regime: Regime | None = None) -> Tally:
    """`plans` of them, a dozen a run, each run in a clean yard in `folder` under a regime of its own, or the given.

    `change` breaks the system on trial.
    """
    tally, number = Tally(), 0
    port = free_ports(1)[0]
    async with open_workshop(Settings(folder / "home", {})) as workshop:
        while tally.plans < plans:
            trial = Trial(seed * 1_000_003 + number, folder / f"yard-{number}", given=regime)
            yard = lay_yard(trial.around, port)
            await trial.take_place(yard, workshop, min(_PLANS_A_RUN, plans - tally.plans), change)
            tally.add(trial.tally)
            number += 1
            if not trial.tally.plans:
                break
    return tally


def fuzz_share(plans: int, seed: int) -> Tally:
    """In a folder that is gone afterwards: in memory where that can be."""
    with tempfile.TemporaryDirectory(prefix="prunella-fuzz-", dir=MEMORY) as folder:
        return asyncio.run(fuzz(plans, seed, Path(folder)))


def fuzz_in_shares(plans: int, seed: int, jobs: int) -> Tally:
    """All of them in `jobs` processes."""
    sizes = [min(_SHARE, plans - start) for start in range(0, plans, _SHARE)]
    whole = Tally()
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for share in pool.map(fuzz_share, sizes, range(seed * 10_000, seed * 10_000 + len(sizes))):
            whole.add(share)
    return whole
