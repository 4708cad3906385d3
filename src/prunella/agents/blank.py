"""The world of a goal that brings its own tools and checks: nothing to look at beyond them."""

from collections.abc import Mapping
from dataclasses import dataclass

from prunella.domain.evidence import Evidence, Findings
from prunella.domain.fingerprint import fingerprint
from prunella.domain.lesson import Trouble
from prunella.domain.report import Report


@dataclass(frozen=True)
class BlankWorld:
    """Nothing to investigate, nothing that could change behind our back, nothing to remember.

    `goal` tells the trouble of one goal from that of another whose checks say the same.
    """

    goal: str = ""

    async def investigate(self, report: Report) -> Findings:
        del report
        return Findings()

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        """By the goal and what the checks say; look-ups are made in passing and tell nothing of the trouble itself."""
        del evidence
        text = "\n".join([self.goal, *sorted(f"{reading.probe}: {reading.detail}" for reading in report.failing)])
        return Trouble(fleet="", services=(), fingerprint=fingerprint(text), text=text)

    async def survey(self) -> Mapping[str, str]:
        return {}

    async def remember_good(self) -> None: ...
