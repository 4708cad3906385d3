"""Naive restart: whatever is red, restart everything.

Given: the probes of `prunella.toml` (see `watching`), and `supervisorctl restart all`. It changes no file, asks nobody,
and says that it is healed when its probes are green afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.incidents.contender import Claim, Contender, Ground, Tools
from bench.incidents.rivals.watching import green_within, red, supervisorctl

_SETTLE_S = 20.0


@dataclass
class Restart:
    name: str = "naive restart"

    async def prepare(self, ground: Ground) -> None:
        """It keeps nothing."""

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        del goal
        wrong = await red(tools.ground)
        if not wrong:
            return Claim("healthy")
        said = await supervisorctl(tools.ground, "restart", "all")
        healed = await green_within(tools.ground, min(_SETTLE_S, limit_s / 2))
        return Claim("healed" if healed else "escalated", cause="; ".join(wrong), said=said, steps=1, plans=1)


def rivals(model: str) -> dict[str, Callable[[], Contender]]:
    del model
    return {"restart": Restart}
