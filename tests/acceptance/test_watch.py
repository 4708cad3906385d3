"""`prunella watch` over real services: what breaks is healed, what blips is left alone, one cause is one incident."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harbour import Harbour, until

FAST = '\n[watch]\ndamping = "1s"\n'


class Watching:
    """`prunella watch --json` in a process of its own; `events` are what it has said so far."""

    def __init__(self, harbour: Harbour, *words: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._process = harbour.launch("watch", "--json", *words)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def told(self, text: str) -> bool:
        return any(text in event["text"] for event in self.events)

    def verdicts(self) -> list[str]:
        return [event["data"]["verdict"] for event in self.events if event["kind"] == "verdict"]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(how)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._reader.join(5)
            for stream in (self._process.stdout, self._process.stderr):
                assert stream is not None
                stream.close()


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    found = Harbour(tmp_path / "harbour", tmp_path / "home", ("lamp", "tide"))
    try:
        yield found
    finally:
        found.close()


def often(harbour: Harbour, name: str, extra: str = "") -> str:
    return harbour.table(name).replace('/alive" }', '/alive", every = "300ms" }') + extra


def test_a_good_day_is_kept_and_what_breaks_is_healed_from_it(harbour: Harbour):
    harbour.declare(extra=FAST, lamp=often(harbour, "lamp"), tide=often(harbour, "tide"))
    harbour.start("lamp", "tide")
    watching = Watching(harbour)
    try:
        until(lambda: watching.told("is kept as known good"))
        harbour.stop("tide")
        harbour.write("tide", harbour.wholesome("tide").replace("number = ", "number = 7"))
        until(lambda: watching.verdicts() == ["achieved"], 40)
        assert harbour.is_alive("tide")
        assert harbour.file("tide").read_text() == harbour.wholesome("tide")
        started = [event for event in watching.events if event["kind"] == "started"]
        assert len(started) == 1
    finally:
        assert watching.end() == 0


def test_a_blip_is_no_incident(harbour: Harbour):
    harbour.declare(extra='\n[watch]\ndamping = "8s"\n', lamp=often(harbour, "lamp"), tide=often(harbour, "tide"))
    harbour.start("lamp", "tide")
    watching = Watching(harbour)
    try:
        until(lambda: watching.told("Watching lamp, tide through 3 probes"))
        harbour.stop("lamp")
        until(lambda: any(event["data"].get("reach", 3) != 3 for event in watching.events))
        harbour.start("lamp")
        until(lambda: watching.events[-1]["data"].get("reach") == 3)
        assert not [event for event in watching.events if event["kind"] == "started"]
    finally:
        assert watching.end() == 0


def test_two_services_that_hang_together_are_one_incident(harbour: Harbour):
    behind = often(harbour, "tide", 'needs = ["lamp"]\n').replace(harbour.url("tide"), harbour.url("lamp"))
    harbour.declare(extra=FAST, lamp=often(harbour, "lamp"), tide=behind)
    harbour.start("lamp", "tide")
    watching = Watching(harbour)
    try:
        until(lambda: watching.told("is kept as known good"))
        harbour.stop("lamp")
        until(lambda: watching.verdicts() == ["achieved"], 40)
        (started,) = [event for event in watching.events if event["kind"] == "started"]
        assert "lamp" in json.dumps(started)
        assert "tide" in json.dumps(started)
    finally:
        assert watching.end() == 0


def test_what_nobody_can_heal_is_handed_over_once(harbour: Harbour):
    harbour.declare('autonomy = "observe"', extra=FAST, lamp=often(harbour, "lamp"), tide=often(harbour, "tide"))
    harbour.start("lamp")
    watching = Watching(harbour)
    try:
        until(lambda: len(watching.verdicts()) == 1, 40)
        until(lambda: watching.told("tide: "))
        threading.Event().wait(4)
        assert watching.verdicts() == ["escalated"]
    finally:
        assert watching.end() == 0


def test_a_watch_that_was_killed_in_the_middle_is_gone_on_with(harbour: Harbour):
    harbour.declare(extra=FAST, lamp=often(harbour, "lamp"), tide=often(harbour, "tide"))
    harbour.start("lamp", "tide")
    watching = Watching(harbour)
    until(lambda: watching.told("is kept as known good"))
    harbour.stop("tide")
    harbour.write("tide", harbour.wholesome("tide").replace("number = ", "number = 7"))
    until(lambda: any(event["kind"] == "intent" for event in watching.events), 40)
    watching.end(signal.SIGKILL)
    again = Watching(harbour)
    try:
        until(lambda: harbour.is_alive("tide"), 40)
        until(lambda: "achieved" in again.verdicts(), 40)
        assert harbour.file("tide").read_text() == harbour.wholesome("tide")
    finally:
        assert again.end() == 0
