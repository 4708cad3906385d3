"""Examples run as programs, with no key, no input but what a test types, and a state folder that is thrown away."""

import io
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Ended:
    exit_code: int
    lines: tuple[str, ...]

    def node(self, name: str) -> tuple[str, ...]:
        """What one node of the loop said."""
        return tuple(line.partition(": ")[2] for line in self.lines if line.startswith(f"{name}: "))


@dataclass(frozen=True)
class Runner:
    """Runs an example from the top in this process, in a namespace of its own."""

    set_environ: Callable[[str, str], None]
    set_streams: Callable[[str, list[str]], None]
    read_output: Callable[[], str]

    def __call__(self, name: str, *options: str, typed: str = "", **environ: str) -> Ended:
        for key, value in environ.items():
            self.set_environ(key, value)
        program = str(EXAMPLES / name / "agent.py")
        self.set_streams(typed, [program, *options])
        exit_code = 0
        try:
            runpy.run_path(program, run_name="__main__")
        except SystemExit as ended:
            exit_code = int(ended.code or 0)
        return Ended(exit_code, tuple(self.read_output().splitlines()))


def make_runner(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    def set_streams(typed: str, arguments: list[str]) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        monkeypatch.setattr(sys, "argv", arguments)

    for key in [key for key in os.environ if key.endswith(("_API_KEY", "_BASE_URL"))]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("PRUNELLA_HOME", str(home))
    return Runner(monkeypatch.setenv, set_streams, lambda: capsys.readouterr().out)
