"""How any agent enters the bench: `prepare`, then `run`, which ends with a claim. Nothing else is asked of it.

A contender is told the goal, and where the fleet and its `prunella.toml` lie. It is not told the incident. What it
changes it changes with its own hands, as the operator who started it; its secrets are files that `prunella.toml` names.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Verdict = Literal["healed", "healthy", "escalated", "rolled_back", "frozen", "unverified", "failed"]
"""What the contender says of its own run. `failed`: it broke down, or was cut off at its time limit."""


@dataclass(frozen=True)
class Ground:
    """What a contender is shown. `home` is an empty folder of its own, kept for the whole incident.

    `sees_healthy`: the fleet is healthy while it prepares, so that it may keep what it likes to come back to; it may be
    edited legitimately afterwards. `env` is the environment for whatever it starts.
    """

    folder: Path
    fleet_file: Path
    home: Path
    env: Mapping[str, str]
    sees_healthy: bool


@dataclass(frozen=True)
class Tools:
    """What it may use besides: a human who answers questions (a mapping with the whole plan, True for yes), and
    somebody to tell of the agent's process as soon as there is one.
    """

    ground: Ground
    ask: Callable[[Mapping[str, Any]], Awaitable[bool]]
    started: Callable[[int], None]


@dataclass(frozen=True)
class Moment:
    """One line of a timeline; `at_s` since the run began."""

    at_s: float
    kind: str
    text: str


@dataclass(frozen=True)
class Claim:
    """How a run ended, as told by the contender. `cause`: what it recorded as the root cause, "" for none.

    `said` is all that it printed, searched for secrets. None: not known.
    """

    verdict: Verdict
    cause: str = ""
    demonstrated: bool = False
    timeline: tuple[Moment, ...] = ()
    said: str = ""
    error: str = ""
    detected_s: float | None = None
    planned_s: float | None = None
    steps: int = 0
    plans: int = 0
    questions: int = 0
    model_calls: int = 0
    tokens: int = 0
    dollars: float = 0.0
    report: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Contender(Protocol):
    """An agent in the table. One instance plays one incident, in an own process or not; nothing is shared."""

    name: str

    async def prepare(self, ground: Ground) -> None:
        """Once, before the fault where the condition lets it see the fleet healthy, else after it."""
        ...

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        """Back within the limit, with its own processes ended; what it cannot do it claims not to have done."""
        ...
