"""What the probes say: the only voice that ends a run."""

import re
from enum import IntEnum

from prunella.domain.fingerprint import fingerprint, without_noise
from prunella.domain.frozen import Frozen

_MADE_UP = re.compile(r"\d{4,}|\b(?=\w*\d)(?=\w*[A-Za-z])\w{5,}\b")
_MOST_GIST = 300


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

    @property
    def outline(self) -> str:
        """How far it got, without what came back, which may differ at each look."""
        return fingerprint(f"{self.probe} {self.reach} {self.detail}")

    @property
    def gist(self) -> str:
        """The last line of what came back, without numbers (codes stay) and made-up ids, which differ at each look."""
        lines = [line for line in self.body.splitlines() if line.strip()]
        return _MADE_UP.sub("#", without_noise(lines[-1]))[:_MOST_GIST] if lines else ""


class Report(Frozen):
    """All readings of one look, in the order of the probes. An empty report proves nothing and is not green.

    `settled` False: something is still on its way (a process is starting), so that a red reading is not the last word.
    `steady` True: it follows from what was looked at and does not flap, so that a second look says the same.
    """

    readings: tuple[Reading, ...] = ()
    settled: bool = True
    steady: bool = False

    @property
    def is_green(self) -> bool:
        return bool(self.readings) and all(reading.ok for reading in self.readings)

    @property
    def failing(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if not reading.ok)

    @property
    def symptom(self) -> str:
        """The fingerprints of all that fails, in order; "" when nothing does."""
        return " ".join(sorted(reading.fingerprint for reading in self.failing))

    def worse_than(self, earlier: "Report") -> tuple[Reading, ...]:
        """The readings that got less far than in `earlier`; a probe that `earlier` lacks is compared with RIGHT."""
        before = {reading.probe: reading.reach for reading in earlier.readings}
        return tuple(r for r in self.readings if r.reach < before.get(r.probe, Reach.RIGHT))


class Symptoms(Frozen):
    """What is wrong right now, comparable between two looks.

    `signs` are readings that no goal asks for but that show how far things got (a pre-flight). `errors` are the
    texts of the error evidence, without noise.
    """

    report: Report
    signs: tuple[Reading, ...] = ()
    errors: frozenset[str] = frozenset()

    def moved_on_from(self, earlier: "Symptoms", values: frozenset[str], *, acted: bool = True) -> bool:
        """True when nothing got worse and something got further, or an error gave way to another one.

        An error that complains of one of `values`, which were just set, is our own doing and no progress. Where the
        last step failed (`acted` False), errors that differ in numbers only are the same: each try has its own.
        """
        now, then = self.everything, earlier.everything
        if now.worse_than(then):
            return False
        after, before = (self.errors, earlier.errors) if acted else (_numberless(self), _numberless(earlier))
        fresh, gone = after - before, before - after
        own_doing = any(value in error for error in fresh for value in values)
        return not own_doing and (bool(then.worse_than(now)) or bool(fresh and gone))

    @property
    def everything(self) -> Report:
        """What the goal asks for and the signs, as one report."""
        return Report(readings=(*self.report.readings, *self.signs))


def _numberless(symptoms: Symptoms) -> frozenset[str]:
    return frozenset(re.sub(r"\d+", "0", error) for error in symptoms.errors)
