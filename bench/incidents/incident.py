"""What an incident is: one fault on a real fleet, what must come of it, and how that is judged from outside."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.incidents.yard import Variant, Yard

Act = Callable[[Yard], Awaitable[None]]
Look = Callable[[Yard], Awaitable[Sequence[str]]]
Question = Mapping[str, Any]

Expected = Literal["repair", "escalate", "healthy", "abort"]
"""`repair`: healed, by the whole oracle. `escalate`: a human is asked and nothing is changed. `healthy`: nothing is
wrong or nothing may be done, and nothing is changed. `abort`: given up or escalated with all as it was found; a right
repair by another way is as good."""

Condition = Literal["none", "stale", "fresh"]
"""Whether the agent saw the fleet healthy: never; before some legitimate edits; right before the fault."""


def never(_question: Question) -> bool:
    """The approver of an incident whose repair needs nobody's leave."""
    return False


@dataclass(frozen=True)
class Change:
    """What may differ from the healthy state after a right repair.

    `files` are globs over paths relative to the fleet's folder: their bytes may differ. `modes` likewise: mode, owner
    and group. `listeners` are ports that may come or go. `settings` are globs over what the servers say of themselves
    (`postgres:work_mem`, `postgres:role:payments`, `redis:maxmemory`, `grant:payments:ledger`).
    """

    files: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    listeners: tuple[int | str, ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Incident:
    """One fault. Everything but `goal` is hidden from the agent.

    `id` as in `NGX-01`. `family` groups incidents in the report ("nginx", "postgres", "compound", …). `services`: where
    the cause lies (names of the fleet file). `cause`: what the cause may rightly be called: each entry is a group of
    texts that must all occur in what the run recorded as its cause, in any case of letters; one group is enough.
    `inject` breaks the healthy fleet and returns when the fault is in place; processes, mounts and connections of its
    own it opens through the yard (`yard.hold`), which ends them at the reset. `reference` is the right repair, done by
    hand. `oracle` returns what is wrong besides, one line each; nothing: all is well. `symptom` likewise returns what
    is visibly wrong after the injection (None: the fleet's own journey is red); a `latent` incident shows nothing
    until a restart, and only its `symptom` must tell (a pre-flight for instance). `approves` answers a question of the
    agent: True only for the right plan. `rebuild`: the fleet is laid anew afterwards (a mount, a user). `load`: judged
    and probed with many customers at once as well. `meddle` runs beside the agent, from its start (a human who edits,
    a kill); `agent_env` is added to the environment of the agent, `agent_files` to its fleet file.
    """

    id: str
    family: str
    title: str
    services: tuple[str, ...]
    inject: Act
    reference: Act | None = None
    cause: tuple[tuple[str, ...], ...] = ()
    allowed: Change = field(default_factory=Change)
    symptom: Look | None = None
    latent: bool = False
    expected: Expected = "repair"
    oracle: Look | None = None
    approves: Callable[[Question], bool] = never
    variant: Variant = "plain"
    needs_root: bool = False
    rebuild: bool = False
    load: bool = False
    meddle: Callable[[Yard, int], Awaitable[None]] | None = None
    fleet_edits: tuple[tuple[str, str], ...] = ()
    goal: str = "Customers complain. Find out what is wrong with the fleet and fix it."
    limit_s: float = 90.0

    @property
    def is_repairable(self) -> bool:
        return self.expected == "repair"

    @property
    def asks(self) -> bool:
        """A human has a say in the right repair."""
        return self.approves is not never


def named_right(cause: str, label: Collection[Sequence[str]]) -> bool:
    """Whether `cause`, as a run recorded it, names the labelled one: all texts of one group occur in it."""
    told = cause.casefold()
    return any(all(text.casefold() in told for text in group) for group in label)
