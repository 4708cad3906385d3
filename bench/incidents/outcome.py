"""One run of one contender on one incident, as it is written down."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.incidents.incident import Condition


@dataclass(frozen=True)
class Outcome:
    """`parts` are the oracle's findings by part. `changed`: what the run left changed, against how it found things.

    `broke`: what answered when the run began and does not now. `troubled` says that the bench itself failed (the fault
    did not show, the fleet did not start): such a run counts for nobody.
    """

    contender: str
    incident: str
    family: str
    title: str
    condition: Condition
    expected: str
    latent: bool
    claim: str
    cause: str
    demonstrated: bool
    error: str
    parts: Mapping[str, Sequence[str]]
    weaknesses: Sequence[str]
    leaks: Sequence[str]
    changed: Sequence[str]
    broke: Sequence[str]
    symptom: Sequence[str]
    timeline: Sequence[Mapping[str, Any]]
    detected_s: float | None
    planned_s: float | None
    wall_s: float
    reset_s: float
    steps: int
    plans: int
    questions: int
    model_calls: int
    tokens: int
    dollars: float
    troubled: str = ""

    @property
    def is_repaired(self) -> bool:
        """By the whole oracle but its last part."""
        return bool(self.parts) and not any(faults for name, faults in self.parts.items() if name != "cause")

    @property
    def cause_is_right(self) -> bool:
        return "cause" in self.parts and not self.parts["cause"]

    @property
    def is_right(self) -> bool:
        """What had to come of the incident came of it."""
        match self.expected:
            case "repair":
                return self.is_repaired and self.claim == "healed"
            case "escalate":
                return self.claim in ("escalated", "rolled_back", "frozen") and not self.changed
            case "abort":
                is_aborted = self.claim in ("escalated", "rolled_back") and not self.changed
                return is_aborted or (self.is_repaired and self.claim == "healed")
            case _:
                return self.claim not in ("healed", "failed") and not self.changed

    @property
    def is_false_fix(self) -> bool:
        """It says healed, and it is not."""
        return self.claim == "healed" and not self.is_repaired

    @property
    def is_over_escalated(self) -> bool:
        return self.expected == "repair" and self.claim in ("escalated", "rolled_back")

    @property
    def gave_up(self) -> bool:
        return self.claim in ("escalated", "rolled_back", "frozen", "failed")

    @property
    def is_as_found(self) -> bool:
        return not self.changed

    @property
    def wrote_on_healthy(self) -> bool:
        return self.expected == "healthy" and bool(self.changed)

    @property
    def left_residue(self) -> bool:
        return bool(self.parts.get("residue"))

    def __str__(self) -> str:
        sign = "✔" if self.is_right else "?" if self.troubled else "✘"
        wrong = [f"{name}: {faults[0]}" for name, faults in self.parts.items() if faults]
        cause = "" if self.cause_is_right or "cause" not in self.parts else " (other cause)"
        why = self.troubled or self.error or ("" if self.is_right else "; ".join((*wrong[:2], *self.changed[:1])))
        return (
            f"{sign} {self.incident:<8} {self.condition:<5} {self.contender:<18} {self.claim:<11} {self.wall_s:5.1f} s"
            f"{cause}{f'  {why[:200]}' if why else ''}"
        )


def append(outcome: Outcome, path: Path) -> None:
    """At once, so that a bench that is cut off loses only the run in hand."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")


def read_outcomes(path: Path) -> list[Outcome]:
    """All that were written down; a line that was cut off is left out. Empty for no such file."""
    return list(_outcomes_in(path)) if path.exists() else []


def _outcomes_in(path: Path) -> Iterator[Outcome]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield Outcome(**json.loads(line))
        except (ValueError, TypeError):
            continue
