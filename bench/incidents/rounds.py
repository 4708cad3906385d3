"""Many games on a few fleets side by side, with what happens told as it happens."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bench.incidents.laying import lay_yard, remove
from bench.incidents.outcome import Outcome, append
from bench.incidents.playing import Game, Unfit, play, troubled
from bench.incidents.yard import Variant, Yard

_GAME_S = 420.0
Work = TypeVar("Work")


async def play_all(games: Sequence[Game], folder: Path, jobs: int, sustain_s: float) -> list[Outcome]:
    """In the order of the list, as fleets become free; each outcome goes to `outcomes.jsonl` in `folder` at once."""
    told: list[Outcome] = []

    async def one(game: Game, bay: "Bay") -> None:
        outcome = await _held(game, bay, folder, sustain_s)
        told.append(outcome)
        append(outcome, folder / "outcomes.jsonl")
        print(f"{len(told):>4}/{len(games)} {outcome}", file=sys.stderr, flush=True)

    await share(games, folder, jobs, one)
    return told


async def share(works: Sequence[Work], folder: Path, jobs: int, do: "Callable[[Work, Bay], Awaitable[None]]") -> None:
    """Each of `works` once, on `jobs` bays; whatever happens, all fleets are ended and taken away."""
    waiting, bays = list(reversed(works)), [Bay(folder / f"bay-{number}") for number in range(jobs)]

    async def work_in(bay: Bay) -> None:
        while waiting:
            await do(waiting.pop(), bay)

    try:
        async with asyncio.TaskGroup() as group:
            for bay in bays:
                group.create_task(work_in(bay))
    finally:
        await asyncio.gather(*(bay.clear() for bay in bays))


class Bay:
    """Room for one fleet, which is laid anew for another variant or when it cannot be trusted any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.yard: Yard | None = None
        self.laid = 0

    async def fleet(self, variant: Variant) -> Yard:
        if self.yard is None or self.yard.variant != variant:
            await self.clear()
            self.laid += 1
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o755)
            self.yard = await lay_yard(self.folder / f"y{self.laid}", variant)
        return self.yard

    async def clear(self) -> None:
        """Ends the fleet and takes it away."""
        yard, self.yard = self.yard, None
        if yard is not None:
            yard.let_go()
            with suppress(TimeoutError):
                await yard.stop_all(gently=False)
            await asyncio.to_thread(remove, yard)


async def _held(game: Game, bay: Bay, folder: Path, sustain_s: float) -> Outcome:
    name = game.make().name
    home = folder / "runs" / f"{game.incident.id}-{game.condition}-{name}-{time.monotonic_ns() % 10**9}"
    try:
        yard = await bay.fleet(game.incident.variant)
        outcome = await asyncio.wait_for(play(game, yard, home, sustain_s), _GAME_S + 2 * sustain_s)
    except (Unfit, LookupError, OSError, TimeoutError, RuntimeError) as error:
        outcome = troubled(game, name, f"{type(error).__name__}: {error}"[:400])
    except Exception as error:  # noqa: BLE001 -- one case that is written wrongly must not end the night's run
        outcome = troubled(game, name, f"{type(error).__name__}: {error}"[:400])
    if game.incident.rebuild or outcome.troubled:
        await bay.clear()
    return outcome
