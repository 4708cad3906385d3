"""What a watch takes up, in what order, and what it leaves alone: over probes of a script and a clock of its own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prunella.domain.report import Reach, Reading
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.service import Fleet, Service, WatchSpec
from prunella.workers.watch import Watch, Watched

FOLDER = Path("/srv")


@dataclass
class Town:
    """`red` are the services whose probes fail; a heal ends as `ends` says, and mends when that is ACHIEVED."""

    red: set[str] = field(default_factory=set[str])
    ends: Callable[[tuple[str, ...]], Verdict | None] = lambda _: Verdict.ACHIEVED
    healed: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    at_work: int = 0
    kept: int = 0
    text: str = "as it was"
    now_s: float = 0.0

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """All sleepers move time on a little; nobody is ever early by more than a step."""
        until = self.now_s + seconds
        while self.now_s < until:
            self.now_s += 0.05
            await asyncio.sleep(0)

    async def heal(self, services: tuple[str, ...]) -> RunRecord | None:
        assert self.at_work == 0, "two heals at once"
        self.at_work = 1
        await self.sleep(2)
        self.at_work = 0
        self.healed.append(services)
        verdict = self.ends(services)
        if verdict is Verdict.ACHIEVED:
            self.red -= set(services)
        record = RunRecord(id=f"r{len(self.healed)}", goal="", started=0, services=services, verdict=verdict)
        return None if verdict is None else record

    async def keep_good(self) -> None:
        self.kept += 1

    async def survey(self) -> Mapping[str, str]:
        return {"file:/srv/a": self.text}

    def tell(self, reading: Reading) -> None:
        del reading


@dataclass(frozen=True)
class Window:
    town: Town
    service: str

    async def look(self) -> Reading:
        reach = Reach.NOBODY if self.service in self.town.red else Reach.RIGHT
        return Reading(probe=f"{self.service}: http", service=self.service, reach=reach, detail="")


def fleet(**needs: tuple[str, ...]) -> Fleet:
    services = {name: Service(name=name, folder=FOLDER, needs=of) for name, of in needs.items()}
    return Fleet(
        name="town", path=FOLDER / "prunella.toml", services=services, watch=WatchSpec(damping_s=3, retry_s=60)
    )


async def watch(town: Town, of: Fleet, seconds: float) -> None:
    """For so many seconds of the town's own time."""
    watched = tuple(Watched(name, Window(town, name), 1.0) for name in of.services)
    task = asyncio.ensure_future(Watch(of, watched, town, town).run())
    until = town.now_s + seconds
    while town.now_s < until and not task.done():  # noqa: ASYNC110 -- the town has a time of its own
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_tied_services_are_one_incident_and_others_another():
    town = Town({"shop", "till", "pump"})
    await watch(town, fleet(shop=("till",), till=(), pump=()), 60)
    assert town.healed == [("shop", "till"), ("pump",)]


async def test_services_are_tied_across_those_that_are_well():
    town = Town({"shop", "safe"})
    await watch(town, fleet(shop=("till",), till=("safe",), safe=(), park=()), 30)
    assert town.healed == [("shop", "safe")]


async def test_nothing_is_done_while_all_is_green_and_one_picture_is_kept_of_each_edit():
    town = Town()
    await watch(town, fleet(shop=()), 30)
    assert (town.healed, town.kept) == ([], 1)
    town.text = "edited"
    await watch(town, fleet(shop=()), 30)
    assert town.kept == 2


async def test_no_picture_is_taken_while_something_is_red():
    town = Town({"shop"}, ends=lambda _: Verdict.ESCALATED)
    await watch(town, fleet(shop=(), park=()), 30)
    assert town.kept == 0


async def test_what_was_handed_over_rests_longer_each_time():
    town = Town({"shop"}, ends=lambda _: Verdict.ESCALATED)
    of = fleet(shop=())
    await watch(town, of, 50)
    assert len(town.healed) == 1
    town = Town({"shop"}, ends=lambda _: Verdict.ESCALATED)
    await watch(town, of, 150)
    assert len(town.healed) == 2


async def test_an_edit_ends_the_rest():
    town = Town({"shop"}, ends=lambda _: Verdict.ROLLED_BACK)
    of = fleet(shop=("till",), till=())
    task = asyncio.ensure_future(watch(town, of, 80))
    for edit in ("edited", "edited again"):
        before = len(town.healed)
        while len(town.healed) == before:  # noqa: ASYNC110 -- the town has a time of its own
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(town.healed) == before + 1
        town.text = edit
    await task
    assert town.healed == [("shop",)] * 3


async def test_one_that_rests_does_not_hold_up_another():
    town = Town({"shop", "park"}, ends=lambda services: Verdict.ESCALATED if "shop" in services else Verdict.ACHIEVED)
    await watch(town, fleet(shop=(), park=()), 40)
    assert town.healed == [("shop",), ("park",)]


async def test_what_could_not_begin_is_tried_again_soon():
    answers = iter([None, None, Verdict.ACHIEVED])
    town = Town({"shop"}, ends=lambda _: next(answers))
    await watch(town, fleet(shop=()), 60)
    assert len(town.healed) == 3
    assert not town.red
