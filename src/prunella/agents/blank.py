"""The world of a goal that brings its own tools and checks: nothing to look at beyond them."""

from collections.abc import Mapping

from prunella.domain.evidence import Findings
from prunella.domain.report import Report


class BlankWorld:
    """Nothing to investigate, nothing that could change behind our back, nothing to remember."""

    async def investigate(self, report: Report) -> Findings:
        del report
        return Findings()

    async def survey(self) -> Mapping[str, str]:
        return {}

    async def remember_good(self) -> None: ...
