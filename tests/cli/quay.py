"""A harbour for the verbs, called as functions in this process."""

import json
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from prunella.cli.approvals import show_approvals
from prunella.cli.exits import Exit
from prunella.cli.heal import Wanted, heal_fleet
from prunella.cli.status import show_status
from tests.acceptance.harbour import Harbour

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Quay:
    """`harbour` has a lamp that was stopped, and a policy under which every change asks."""

    def __init__(self, harbour: Harbour, captured: pytest.CaptureFixture[str]) -> None:
        self.harbour, self._captured = harbour, captured

    def heal(self, **wanted: Any) -> Exit:
        return heal_fleet(Wanted(services=("lamp",), json=True, **wanted))

    def said(self) -> str:
        """Since the last time, on both streams."""
        out, err = self._captured.readouterr()
        return out + err

    def waiting(self) -> list[dict[str, Any]]:
        self.said()
        show_approvals(json=True)
        return [json.loads(line) for line in self.said().splitlines()]

    def states(self) -> list[str]:
        self.said()
        show_status(json=True)
        return [json.loads(line)["state"] for line in self.said().splitlines()]


@contextmanager
def berthed(folder: Path, monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> Generator[Quay]:
    """Whatever a verb does about signals is put back: it expects to be the process's last deed."""
    harbour = Harbour(folder / "harbour", folder / "home", ("lamp",))
    harbour.declare('autonomy = "ask"')
    for name, value in {"PRUNELLA_HOME": str(harbour.home), "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    for name in ("PRUNELLA_TRACE", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(harbour.folder)
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield Quay(harbour, captured)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        harbour.close()
