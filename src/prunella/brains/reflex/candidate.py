"""A repair that somebody thought of: a whole plan, how likely it is right, and by which way of thinking."""

from collections.abc import Iterable
from dataclasses import dataclass

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import leaf
from prunella.brains.reflex.waking import put_to_work
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
        return tuple(step for step in self.plan.steps if step.tool.startswith(("config.", "files.")))

    @property
    def touched(self) -> frozenset[tuple[str, str]]:
        """(file, name or old text) of each edit: two candidates that share one are rivals, not partners.

        The name is the key's last part: a missing `level` under two parents is one guess made twice.
        """
        return frozenset(
            (str(a.get("file", a.get("path"))), leaf(str(a.get("key", a.get("old", "")))))
            for a in (step.arguments for step in self.edits)
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
    wakes: Iterable[str] | None = None,
    then: Iterable[Step] | None = None,
) -> tuple[Candidate, ...]:
    """The candidate that makes these edits and puts them to work; nothing when one of them cannot be made.

    `then` are the steps that put them to work; None: `wakes` (None: every service that reads a changed file), and
    every target that waits for one of them, are reloaded, restarted or started, needs first.
    """
    steps = tuple(edits)
    whole = tuple(step for step in steps if step is not None)
    if not whole or len(whole) < len(steps):
        return ()
    clues = tuple(explains)
    evidence = tuple(dict.fromkeys([*because, *(str(clue) for clue in clues)]))
    work = put_to_work(case, whole, wakes) if then is None else tuple(then)
    plan = Plan(cause=cause, because=evidence, steps=(*whole, *work))
    return (Candidate(plan, score, mechanism, clues),)
