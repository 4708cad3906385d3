"""LangGraph's `create_agent`, PydanticAI and smolagents, with a model and with Prunella's very own tools.

Given, each the same: the goal; a system prompt that names services and files and says what a careful operator would
(below); every tool that Prunella itself plans with for this fleet, under the same names and with the same checks of
arguments, and one that reads all probes; the human, by a tool `ask_human` that takes the plan as words. Not given: the
loop around them (vetting, journal, undo, judge), as that is what is compared. Their frameworks live in an environment
of their own; each runs in a process of its own, with the scripts that the model bench has for them. Tool calls are
carried out as they come, one at a time. The claim is read from the words of the last answer.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.incidents.contender import Claim, Contender, Ground, Tools, Verdict
from bench.incidents.rivals.served import Served, served
from bench.incidents.rivals.watching import services_of
from bench.model import rivals as scripts
from bench.model.contest import RIVALS, rivals_python
from bench.model.endpoint import serving
from bench.model.mending import Front

MOST_STEPS = 25
_SYSTEM = """\
You look after the services of a fleet and repair them with the tools you are given. Services: {services}.
Configuration files: {files}.
Look before you change anything, change as little as possible, and look at the probes again afterwards. Never weaken
security: authentication, TLS, addresses, modes, users. Ask a human before what cannot be undone.
If everything is green, change nothing. If you cannot repair it, undo what you changed and say so.
When you are done, answer in a few sentences. Begin with one of the words HEALED, HEALTHY (nothing was wrong), or
ESCALATED (a human is needed); then name the root cause: the file and the setting, or the service."""
_VERDICTS: Mapping[str, Verdict] = {"HEALED": "healed", "HEALTHY": "healthy", "ESCALATED": "escalated"}
_WORD = re.compile(r"\b(HEALED|HEALTHY|ESCALATED)\b")


@dataclass
class Framework:
    """`model` is the URL of an OpenAI-compatible server."""

    name: str
    model: str

    async def prepare(self, ground: Ground) -> None:
        """It keeps nothing, but its environment has to be there."""
        del ground
        await asyncio.to_thread(rivals_python)

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        front = Front(self.model, mends=False, timeout_s=limit_s)
        async with served(tools) as (tools_url, bench):
            with serving(front.answer) as model_url:
                task = {
                    "model_url": f"{model_url}/v1", "tools_url": tools_url, "tools": bench.specs,
                    "system": _system(tools.ground), "prompt": goal, "most_steps": MOST_STEPS, "limit_s": limit_s,
                }  # fmt: skip
                said = await _solve(self.name, task, tools, limit_s)
        return _claim(said, front, bench)


def _system(ground: Ground) -> str:
    services = services_of(ground)
    files = dict.fromkeys(file for service in services.values() for file in service.get("config", ()))
    return _SYSTEM.format(services=", ".join(services), files=", ".join(files))


async def _solve(framework: str, task: Mapping[str, Any], tools: Tools, limit_s: float) -> Mapping[str, Any]:
    """The last line of what its script printed; past the limit it is ended."""
    script = Path(scripts.__file__).parent / f"with_{framework}.py"
    with (tools.ground.home / "stderr").open("wb") as complained:
        process = await asyncio.create_subprocess_exec(
            str(rivals_python()), str(script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=complained, cwd=tools.ground.home, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    tools.started(process.pid)
    try:
        printed, _ = await asyncio.wait_for(process.communicate(json.dumps(task).encode()), limit_s)
    except TimeoutError:
        return {"error": f"ended after {limit_s:.0f} s"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _last_object(printed.decode(errors="replace"), process.returncode)


def _last_object(printed: str, code: int | None) -> Mapping[str, Any]:
    lines = printed.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (ValueError, IndexError):
        return {"error": f"exit code {code}"}


def _claim(said: Mapping[str, Any], front: Front, bench: Served) -> Claim:
    answer, error = str(said.get("answer") or ""), str(said.get("error") or "")
    found = _WORD.search(answer)
    return Claim(
        verdict=_VERDICTS[found[1]] if found else "failed" if error else "unverified",
        cause=answer,
        timeline=tuple(bench.moments),
        said="\n".join([answer, *(moment.text for moment in bench.moments)]),
        error=error,
        steps=len(bench.moments),
        questions=bench.questions,
        model_calls=front.calls,
        tokens=front.input_tokens + front.output_tokens,
    )


def rivals(model: str) -> dict[str, Callable[[], Contender]]:
    """None without a model."""
    return {name.replace("_", "-"): _maker(name, model) for name in RIVALS} if model else {}


def _maker(name: str, model: str) -> Callable[[], Contender]:
    return lambda: Framework(name, model)
