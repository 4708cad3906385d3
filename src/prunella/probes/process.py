"""Does the service's supervisor say that it runs?"""

import asyncio

from prunella.domain.probe import ProcessProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import PrunellaError
from prunella.probes.bounded import Answer, silent
from prunella.protocols import Supervisor


class ProcessLook:
    """Probe: asks the supervisor."""

    def __init__(self, spec: ProcessProbe, supervisor: Supervisor) -> None:
        self._spec, self._supervisor = spec, supervisor

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                status = await self._supervisor.status()
        except TimeoutError:
            return silent(self._spec.timeout_s)
        except PrunellaError as error:
            first, _, rest = str(error).partition("\n")
            return Answer(Reach.NOBODY, first, rest)
        if status.running:
            return Answer(Reach.RIGHT, status.detail or "running")
        return Answer(Reach.NOBODY, "not running", "" if status.detail == "not running" else status.detail)
