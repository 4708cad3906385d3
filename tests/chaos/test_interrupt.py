"""Ctrl-C in the middle of `prunella heal`: exit 130 and everything as found, however often it is pressed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prunella.domain.run import EventKind
from prunella.testing.openai_server import OpenAIServer, Said
from tests.chaos.scenarios import ENV
from tests.chaos.stage import Scenario, Stage

SLOW = ENV + b"# slow_stop=0.8\r\n"
PLANS = (
    Said(calls=(("submit_plan", {
        "cause": "a wrong greeting", "because": ["the log says so"],
        "steps": [
            {"tool": "config.set", "arguments": {"file": ".env", "key": "GREETING", "value": "slow_start=30"}},
            {"tool": "services.restart", "arguments": {"service": "app"}},
        ],
    }),)),
) * 6  # fmt: skip


@contextmanager
def healing(stage: Stage) -> Generator["subprocess.Popen[str]"]:
    """`prunella heal --json` of the stage, with a brain that plans a restart which takes long to get green."""
    with (
        OpenAIServer(*PLANS) as server,
        (stage.folder.parent / "stderr.txt").open("w") as errors,
    ):
        environment = {
            **os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k",
            "PRUNELLA_HOME": str(stage.folder / "home"),
        }  # fmt: skip
        program = "from prunella.cli.main import main; main()"
        command = [
            sys.executable,
            "-c",
            program,
            "heal",
            "Heal the app service",
            "--yes",
            "--brain",
            "openai:scripted",
            "--json",
        ]
        child = subprocess.Popen(
            command, cwd=stage.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True,
        )  # fmt: skip
        try:
            yield child
        finally:
            child.kill()
            child.communicate(timeout=10)


def wait_for(child: "subprocess.Popen[str]", is_it: Callable[[dict[str, object]], bool]) -> None:
    """Read events until that one."""
    assert child.stdout is not None
    seen: list[str] = []
    for line in child.stdout:
        seen.append(line)
        if is_it(json.loads(line)):
            return
    raise AssertionError("The run ended before that:\n" + "".join(seen[-20:]))


def is_restarted(event: dict[str, object]) -> bool:
    return event["kind"] == EventKind.ACTION and "restart" in str(event["text"])


def until_it_is_set(stage: Stage, child: "subprocess.Popen[str]") -> None:
    del stage
    wait_for(
        child,
        lambda event: event["kind"] == EventKind.ACTION and "config" in str(event["text"]),
    )


def until_it_is_asked_to_stop(stage: Stage, child: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 30
    while not (stage.folder / "stops.log").exists():
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.005)


def until_it_is_judged(stage: Stage, child: "subprocess.Popen[str]") -> None:
    del stage
    wait_for(child, is_restarted)


Moment = Callable[[Stage, "subprocess.Popen[str]"], None]


@pytest.mark.parametrize("until", [until_it_is_set, until_it_is_asked_to_stop, until_it_is_judged])
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_puts_everything_back(tmp_path: Path, until: Moment, times: int) -> None:
    """The third may come when all is done: then the process may end by the signal itself."""
    scenario = Scenario("slow", {".env": SLOW}, '"never" in texts[0]', (), {}, is_healed=False)
    stage = Stage(scenario, tmp_path / "stage")
    try:
        with healing(stage) as child:
            until(stage, child)
            for _ in range(times):
                child.send_signal(signal.SIGINT)
                time.sleep(0.25)
            code = child.wait(timeout=30)
        assert stage.files() == stage.found_files
        time.sleep(1.0)  # a service on its way down would be gone by now
        assert (stage.running_config(), len(stage.processes())) == (
            stage.found_config,
            1,
        )
        assert code in ({130} if times == 1 else {130, -signal.SIGINT}), (tmp_path / "stderr.txt").read_text()
    finally:
        stage.close()
