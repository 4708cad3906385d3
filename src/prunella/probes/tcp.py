"""Does something accept connections?"""

import asyncio

from prunella.domain.probe import TcpProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.bounded import Answer, silent
from prunella.probes.connection import connection, unreached


class TcpLook:
    """Probe: connects, says nothing, and hangs up."""

    def __init__(self, spec: TcpProbe) -> None:
        self._spec = spec

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail)

    async def _see(self) -> Answer:
        host, port = self._spec.host, self._spec.port
        try:
            async with asyncio.timeout(self._spec.timeout_s), connection(host, port):
                return Answer(Reach.RIGHT, f"{host}:{port} accepts connections")
        except TimeoutError:
            return silent(self._spec.timeout_s)
        except OSError as error:
            return unreached(error, host, port)
