"""Examples run as a user runs them: a Python of its own, no key, a state folder that is thrown away."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Ended:
    exit_code: int
    lines: tuple[str, ...]
    complaint: str

    def node(self, name: str) -> tuple[str, ...]:
        """What one node of the loop said."""
        return tuple(line.partition(": ")[2] for line in self.lines if line.startswith(f"{name}: "))


def run_example(name: str, home: Path, *options: str, answer: str = "", **environ: str) -> Ended:
    """`answer` is what is typed. No key of the caller's own is handed down."""
    kept = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / name / "agent.py"), *options],
        env={**kept, "PRUNELLA_HOME": str(home), "NO_PROXY": "*", **environ},
        input=answer,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, tuple(ended.stdout.splitlines()), ended.stderr)
