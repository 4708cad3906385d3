"""Rivals: their own environment, what they are given, and one run of one of them."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.model.endpoint import serving
from bench.model.mending import Front
from bench.model.runs import Ended
from bench.model.tools import offered
from prunella.demo.stage import GOAL, Stage
from prunella.errors import Misuse

RIVALS = ("langgraph", "pydantic_ai", "smolagents")
MENDING = "+mending"
MOST_STEPS = 15
REQUIREMENTS = (
    "langchain>=1.4.7,<2",
    "langchain-openai>=1.2,<2",
    "pydantic-ai-slim[openai]>=2,<3",
    "smolagents[openai]>=1.26,<2",
)
_SCRIPTS = Path(__file__).parent / "rivals"
_INSTALL_S = 900.0

SYSTEM = """\
You look after the services of a small shop and repair them with the tools you are given. Services: {services}.
Configuration files: {files}.
A service reads its configuration when it starts: after changing a setting, restart the service that reads it.
Look before you change anything, change as little as possible, and look at the probes again afterwards.
If everything is green, change nothing. If you cannot repair it, undo what you changed and say so.
When you are done, report in a few sentences: whether it is healed, what the root cause was (name the setting or the
service), and every setting that you changed and every service that you restarted."""


@dataclass(frozen=True)
class Contender:
    """A rival, as shipped or with our mending of calls between it and the model."""

    rival: str
    mends: bool

    @property
    def name(self) -> str:
        return f"{self.rival}{MENDING if self.mends else ''}"


def cache_folder() -> Path:
    """Where rivals are installed: PRUNELLA_BENCH_CACHE, else `~/.cache/prunella-bench`."""
    return Path(os.environ.get("PRUNELLA_BENCH_CACHE") or Path.home() / ".cache" / "prunella-bench")


def rivals_python() -> Path:
    """The Python of an environment with all rivals in it; makes it the first time (a minute, network).

    Raises Misuse when it cannot be made.
    """
    mark = hashlib.sha256("\n".join([sys.version, *REQUIREMENTS]).encode()).hexdigest()[:12]
    folder = cache_folder() / f"rivals-{mark}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    if ready.exists():
        return python
    print(f"installing {', '.join(RIVALS)} into {folder} (a minute, once)", file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS],
    ):
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
        if ended.returncode != 0:
            raise Misuse(f"{' '.join(command)} failed: {ended.stderr.strip()[-600:]}")
    ready.touch()
    return python


async def compete(contender: Contender, stage: Stage, folder: Path, url: str, limit_s: float) -> Ended:
    """One run: what it said, what it cost. `folder` keeps its task, its calls of tools and what it printed."""
    front = Front(url, contender.mends, limit_s)
    async with offered(stage.shop.fleet_path, folder) as (tools_url, bench):
        with serving(front.answer) as model_url:
            task = {
                "model_url": f"{model_url}/v1", "tools_url": tools_url, "tools": bench.specs,
                "system": _system(stage), "prompt": GOAL, "most_steps": MOST_STEPS, "limit_s": limit_s,
            }  # fmt: skip
            (folder / "task.json").write_text(json.dumps(task, indent=1), encoding="utf-8")
            started = time.monotonic()
            said = await _solve(contender.rival, task, folder, limit_s)
            wall_s = time.monotonic() - started
        (folder / "calls.txt").write_text("\n".join(bench.calls), encoding="utf-8")
    return Ended(
        text=str(said.get("answer") or ""),
        wall_s=wall_s,
        calls=front.calls,
        input_tokens=front.input_tokens,
        output_tokens=front.output_tokens,
        model_s=front.seconds,
        error=str(said.get("error") or ""),
    )


def _system(stage: Stage) -> str:
    fleet = stage.shop.fleet
    files = [str(path.relative_to(fleet.folder)) for each in fleet.services.values() for path in each.config]
    return SYSTEM.format(services=", ".join(fleet.services), files=", ".join(files))


async def _solve(rival: str, task: dict[str, Any], folder: Path, limit_s: float) -> dict[str, Any]:
    """The answer as the script printed it; past the limit it is ended, as nobody waits for ever."""
    script = _SCRIPTS / f"with_{rival}.py"
    python = await asyncio.to_thread(rivals_python)
    with (folder / "stderr").open("wb") as complained:
        process = await asyncio.create_subprocess_exec(
            str(python), str(script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=complained, cwd=folder, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            printed, _ = await asyncio.wait_for(process.communicate(json.dumps(task).encode()), limit_s)
        except TimeoutError:
            return {"error": f"ended after {limit_s:.0f} s"}
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    (folder / "stdout").write_bytes(printed)
    return _last_object(printed.decode(errors="replace")) or {"error": f"exit code {process.returncode}"}


def _last_object(printed: str) -> dict[str, Any] | None:
    lines = printed.strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
