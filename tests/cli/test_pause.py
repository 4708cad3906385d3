"""`prunella pause`: every agent, in every process, within a second; and on from there after `prunella resume`."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prunella.cli.exits import Exit
from prunella.cli.pause import pause_agents, resume_agents
from prunella.cli.status import show_status
from prunella.testing.openai_server import Hangs, OpenAIServer, Said
from tests.acceptance.harbour import Harbour
from tests.cli.quay import Quay, berthed

SOON_S = 1.0


@pytest.fixture
def quay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Quay]:
    with berthed(tmp_path.resolve(), monkeypatch, capsys) as each:
        yield each


def test_the_flag_is_told_and_taken_back(quay: Quay):
    assert pause_agents("moving", json=True) is Exit.DONE
    paused = json.loads(quay.said())
    assert (paused["reason"], bool(paused["by"])) == ("moving", True)
    assert quay.states() == ["paused"]
    show_status(json=False)
    assert "paused for" in (said := quay.said())
    assert "moving" in said
    assert resume_agents(json=True) is Exit.DONE
    assert json.loads(quay.said()) == {"resumed": True, "was": paused}
    assert resume_agents(json=False) is Exit.DONE
    assert quay.said() == "Nothing was paused.\n"
    assert quay.states() == []


class Healing:
    """`prunella heal --json` in a process of its own; `heard` are its events, with when they came."""

    def __init__(self, harbour: Harbour, url: str) -> None:
        program = "from prunella.cli.main import main; main()"
        words = ["heal", "--service", "lamp", "--yes", "--brain", "openai:scripted", "--json"]
        self.child = subprocess.Popen(
            [sys.executable, "-c", program, *words], cwd=harbour.folder, stdin=subprocess.DEVNULL,
            env=harbour.environ({"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "k"}), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout
        for line in self.child.stdout:
            self.heard.append((time.monotonic(), json.loads(line)))

    def when(self, kind: str, seconds: float = 30) -> float:
        """When the first event of that kind came."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for at, event in list(self.heard):
                if event["kind"] == kind:
                    return at
            assert self.child.poll() is None, self.heard[-3:]
            time.sleep(0.01)
        raise AssertionError(f"No {kind} among {[event['kind'] for _, event in self.heard]}")

    def close(self) -> None:
        self.child.kill()
        self.child.wait(10)
        self._reader.join(10)
        assert self.child.stdout
        self.child.stdout.close()


def test_two_processes_whose_models_think_for_long_stop_within_a_second(quay: Quay, tmp_path: Path):
    """The model's calls are given up; after the resume they are asked again, and the lamps are healed."""
    plan = {"cause": "it is off", "because": ["not running"]}
    plan |= {"steps": [{"tool": "services.start", "arguments": {"service": "lamp"}}]}
    harbours = [quay.harbour, Harbour(tmp_path / "second", quay.harbour.home, ("lamp",))]
    thoughts = (Hangs(), Hangs(), *[Said(calls=(("submit_plan", plan),))] * 2)
    with OpenAIServer(*thoughts) as server:
        healing = [Healing(harbour, server.url) for harbour in harbours]
        try:
            deadline = time.monotonic() + 30
            while len(server.requests) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            began = time.monotonic()
            pause_agents("moving", json=True)
            took = [each.when("pause") - began for each in healing]
            assert max(took) < SOON_S, took
            time.sleep(0.5)
            assert len(server.requests) == 2
            assert [each.child.poll() for each in healing] == [None, None]
            assert quay.states() == ["paused", "at work", "at work"]
            resume_agents(json=True)
            assert [each.child.wait(60) for each in healing] == [0, 0]
        finally:
            for each in healing:
                each.close()
            harbours[1].close()
    assert len(server.requests) == 4
