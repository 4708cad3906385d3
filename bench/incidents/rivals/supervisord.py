"""Supervisord alone: what the fleet already has. Nobody does anything; a program that dies is started again.

Given: the probes of `prunella.toml` (see `watching`), for its claim only.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.incidents.contender import Claim, Contender, Ground, Tools
from bench.incidents.rivals.watching import green_within, red

_PATIENCE_S = 15.0


@dataclass
class Supervisord:
    name: str = "supervisord alone"

    async def prepare(self, ground: Ground) -> None:
        """It keeps nothing."""

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        del goal
        wrong = await red(tools.ground)
        if not wrong:
            return Claim("healthy")
        healed = await green_within(tools.ground, min(_PATIENCE_S, limit_s))
        return Claim("healed" if healed else "escalated", cause="; ".join(wrong))


def rivals(model: str) -> dict[str, Callable[[], Contender]]:
    del model
    return {"supervisord": Supervisord}
