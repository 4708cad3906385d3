"""The world of a goal that brings its own tools and checks: nothing to look at beyond them."""

from collections.abc import Mapping

from prunella.domain.evidence import Evidence, Findings
from prunella.domain.fingerprint import fingerprint
from prunella.domain.lesson import Trouble
from prunella.domain.report import Report


class BlankWorld:
    """Nothing to investigate, nothing that could change behind our back, nothing to remember."""

    async def investigate(self, report: Report) -> Findings:
        del report
        return Findings()

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        """By what the checks say; lookups are made in passing and tell nothing of the trouble itself."""
        del evidence
        said = sorted(f"{reading.probe}: {reading.detail}" for reading in report.failing)
        text = "\n".join(said)
        return Trouble(fleet="", services=(), fingerprint=fingerprint(text), text=text)

    async def survey(self) -> Mapping[str, str]:
        return {}

    async def remember_good(self) -> None: ...
