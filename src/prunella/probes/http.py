"""Does a GET answer as expected?"""

import asyncio

from prunella.domain.probe import HttpProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.bounded import Answer, silent
from prunella.probes.exchange import Request, Response, answer_to


class HttpLook:
    """Probe: one GET on a connection of its own."""

    def __init__(self, spec: HttpProbe) -> None:
        self._spec = spec

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                found = await answer_to(Request(self._spec.url))
        except TimeoutError:
            return silent(self._spec.timeout_s)
        return self._judged(found) if isinstance(found, Response) else found

    def _judged(self, response: Response) -> Answer:
        spec = self._spec
        if response.status != spec.expect:
            return Answer(Reach.WRONG, f"HTTP {response.status}, expected {spec.expect}", response.quoted)
        if spec.contains not in response.body:
            words = f"HTTP {response.status} without {spec.contains!r} in its body"
            return Answer(Reach.WRONG, words, response.quoted)
        return Answer(Reach.RIGHT, f"HTTP {response.status}")
