import socket
from pathlib import Path

import pytest

from prunella.domain.probe import TcpProbe
from prunella.domain.report import Reach
from prunella.probes.tcp import TcpLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.conftest import Listen, never


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, listen: Listen, free_port: int):
        self._listen, self._free = listen, free_port
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            self._full = full.getsockname()[1]
            self._queued = [_waiting(self._full) for _ in range(3)]
            yield
        for each in self._queued:
            each.close()

    def _probe(self, port: int) -> Probe:
        return TcpLook(TcpProbe(name="port", host="127.0.0.1", port=port, timeout_s=self.timeout_s))

    async def right(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never))

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(self._full)


def _waiting(port: int) -> socket.socket:
    """Fills the queue of a server that accepts nobody, so that the next one gets no answer."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))
    return client


async def test_it_says_who_was_asked(listen: Listen, free_port: int):
    port = await listen(never)
    there = await TcpLook(TcpProbe(name="port", host="127.0.0.1", port=port)).look()
    gone = await TcpLook(TcpProbe(name="port", host="127.0.0.1", port=free_port)).look()
    assert there.detail == f"127.0.0.1:{port} accepts connections"
    assert (gone.reach, gone.detail) == (Reach.NOBODY, f"connection refused at 127.0.0.1:{free_port}")
