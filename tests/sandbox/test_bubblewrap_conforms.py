"""bubblewrap keeps what every sandbox promises."""

import pytest

from prunella.protocols import Sandbox
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.testing.sandboxes import SandboxConformance


class TestBubblewrap(SandboxConformance):
    @pytest.fixture(autouse=True)
    def _found(self, sandbox: Bubblewrap) -> None:
        self._sandbox = sandbox

    async def sandbox(self) -> Sandbox:
        return self._sandbox

    def construction(self) -> str:
        return "from prunella.sandbox.bubblewrap import Bubblewrap\nsandbox = Bubblewrap()"
