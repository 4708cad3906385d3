"""A repair that somebody thought of: a whole plan, how likely it is right, and by which way of thinking."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import leaf
from prunella.domain.plan import Plan, Step

PROVED = "promoted runbook"
"""The mechanism whose candidates come before all others: they healed this very trouble before."""


@dataclass(frozen=True)
class Candidate:
    """`score` is the guessed probability, 0 to 1, that the plan repairs something. `explains` are the clues that it
    would make go away; `services` those that it changes or starts.
    """

    plan: Plan
    score: float
    mechanism: str
    explains: tuple[Clue, ...] = ()

    @property
    def edits(self) -> tuple[Step, ...]:
        return tuple(step for step in self.plan.steps if step.tool.startswith("config."))

    @property
    def touched(self) -> frozenset[tuple[str, str]]:
        """(file, name or old text) of each edit: two candidates that share one are rivals, not partners.

        The name is the key's last part: a missing `level` under two parents is one guess made twice.
        """
        return frozenset(
            (str(s.arguments.get("file")), leaf(str(s.arguments.get("key", s.arguments.get("old", "")))))
            for s in self.edits
        )


def repair(
    case: Case,
    mechanism: str,
    score: float,
    cause: str,
    edits: Iterable[Step | None],
    *,
    because: Iterable[str] = (),
    explains: Iterable[Clue] = (),
) -> tuple[Candidate, ...]:
    """The candidate that makes these edits and puts them to work; nothing when one of them cannot be made.

    Restarts or starts, needs first, every service that reads a changed file and every target that waits for one.
    """
    steps = tuple(edits)
    whole = tuple(step for step in steps if step is not None)
    if not whole or len(whole) < len(steps):
        return ()
    clues = tuple(explains)
    evidence = tuple(dict.fromkeys([*because, *(str(clue) for clue in clues)]))
    plan = Plan(cause=cause, because=evidence, steps=(*whole, *put_to_work(case, whole)))
    return (Candidate(plan, score, mechanism, clues),)


def put_to_work(case: Case, edits: tuple[Step, ...]) -> tuple[Step, ...]:
    """The restarts and starts that edits ask for, services before those that need them."""
    files = {str(step.arguments["file"]) for step in edits if "file" in step.arguments}
    changed = [name for file in sorted(files) for name in case.owners(Path(file))]
    waiting = [name for name in case.facts.targets if _waits_for(case, name, changed)]
    names = in_order(case, dict.fromkeys([*changed, *waiting]))
    return tuple(wake(case, name) for name in names if case.service(name).service.supervisor is not None)


def wake(case: Case, name: str, why: str = "") -> Step:
    """Start a service that does not run, restart one that does."""
    if case.is_running(name) is False:
        return Step(tool="services.start", arguments={"service": name}, why=why or f"{name} is not running.")
    return Step(tool="services.restart", arguments={"service": name}, why=why or f"{name} reads its files at start.")


def _waits_for(case: Case, name: str, changed: list[str]) -> bool:
    """A target that is down while something it needs is repaired, and whose own pre-flight is not red."""
    if name in changed or name not in case.facts.services or case.is_running(name) is not False:
        return False
    preflight = case.service(name).preflight
    return bool(set(changed) & set(case.all_needs(name))) and (preflight is None or preflight.ok)


def in_order(case: Case, names: Iterable[str]) -> tuple[str, ...]:
    """Needs before those that need them; else as given."""
    left, done = list(names), list[str]()
    while left:
        free = [name for name in left if not set(case.all_needs(name)) & (set(left) - {name})] or left[:1]
        done.append(free[0])
        left.remove(free[0])
    return tuple(done)
