"""Puts a fault on the stage: a healthy shop, broken in one way, to be healed by whoever comes, and judged."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from prunella.demo.build import Shop, build_shop
from prunella.demo.faults import Fault, Injection
from prunella.demo.looks import pay
from prunella.demo.oracle import Case, Picture, judge, take_picture
from prunella.errors import Misuse

GOAL = "Check the payments service and fix any issues."


@dataclass(frozen=True)
class Stage:
    """A shop after its fault. `well` and `broken` are pictures of before and after it."""

    fault: Fault
    case: Case

    @property
    def shop(self) -> Shop:
        return self.case.shop

    @property
    def injection(self) -> Injection:
        return self.case.injection

    @property
    def broken(self) -> Picture:
        return self.case.broken

    def verdict_ok(self, verdict: str) -> list[str]:
        """What is not as it should be, given that a heal ended with `verdict`; empty when all is right."""
        return judge(self.case, self.fault.ending, verdict)


@asynccontextmanager
async def staged(
    fault: Fault,
    seed: int,
    folder: Path,
    known_good: Callable[[Shop], Awaitable[None]] | None = None,
) -> AsyncGenerator[Stage, None]:
    """A shop in `folder`, opened, seen healthy, then broken; `known_good` is called in between.

    When left, every process of the shop is ended; the folder stays. Raises Misuse when the fault does not show.
    """
    shop = build_shop(folder, seed)
    try:
        await shop.open()
        payment = pay(shop)
        well = take_picture(shop)
        if known_good:
            await known_good(shop)
        injection = await fault.inject(shop, Random(f"{fault.name} {seed}"))
        broken = take_picture(shop)
        _must_show(fault, injection, broken)
        yield Stage(fault, Case(shop, injection, well, broken, payment))
    finally:
        await shop.close()


def _must_show(fault: Fault, injection: Injection, broken: Picture) -> None:
    """Raises Misuse unless payments is unwell, or the fault is that there is none."""
    shows = bool(broken.ailments.keys() & {"payments", "journey"})
    if shows == (fault.ending == "nothing_to_do"):
        raise Misuse(f"The fault {fault.name} shows as {dict(broken.ailments)}: {'; '.join(injection.said)}")
