"""What the probes say: the only voice that ends a run."""

from enum import IntEnum

from pydantic import Field

from prunella.domain.fingerprint import fingerprint
from prunella.domain.frozen import Frozen


class Reach(IntEnum):
    """How far a probe got, worst first; the order is what "no worse" means."""

    NOBODY = 0  # nothing is there: refused, not running, no such file
    SILENT = 1  # something is there and did not answer in time
    WRONG = 2  # it answered, and not as expected
    RIGHT = 3


class Reading(Frozen):
    """One probe's answer. `detail` is one line for people; `body` is what came back, trimmed, "" for nothing."""

    probe: str
    service: str | None = None
    reach: Reach
    detail: str
    body: str = ""
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.reach is Reach.RIGHT

    @property
    def fingerprint(self) -> str:
        return fingerprint(f"{self.probe} {self.reach} {self.detail} {self.body}")


class Report(Frozen):
    """All readings of one look, in the order of the probes. An empty report proves nothing and is not green."""

    readings: tuple[Reading, ...] = ()

    @property
    def is_green(self) -> bool:
        return bool(self.readings) and all(reading.ok for reading in self.readings)

    @property
    def failing(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if not reading.ok)

    def worse_than(self, earlier: "Report") -> tuple[Reading, ...]:
        """The readings that got less far than in `earlier`; a probe that `earlier` lacks is compared with RIGHT."""
        before = {reading.probe: reading.reach for reading in earlier.readings}
        return tuple(r for r in self.readings if r.reach < before.get(r.probe, Reach.RIGHT))


class Symptoms(Frozen):
    """What is wrong right now, comparable between two looks."""

    report: Report
    errors: frozenset[str] = Field(default=frozenset(), description="fingerprints of the error evidence")

    def moved_on_from(self, earlier: "Symptoms") -> bool:
        """True when nothing got worse and either a probe got further or an error gave way to another or to none."""
        if self.report.worse_than(earlier.report):
            return False
        got_further = bool(earlier.report.worse_than(self.report))
        return got_further or bool(earlier.errors - self.errors)
