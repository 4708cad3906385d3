"""`prunella heal` with a model for its only brain, as an operator would start it."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from bench.model.runs import Ended
from bench.model.scores import Claim, Told
from bench.sweep import PRUNELLA
from prunella.demo.stage import GOAL, Stage

_GRACE_S = 60.0
_CLAIMS: dict[str, Claim] = {
    "achieved": "healed",
    "nothing_to_do": "nothing to do",
    "escalated": "not healed",
    "rolled_back": "not healed",
    "frozen": "not healed",
}


async def heal(stage: Stage, folder: Path, brains: Sequence[str], limit_s: float) -> Ended:
    """One heal in a process of its own; `folder` keeps its state and `events.jsonl`. Past `limit_s` it is interrupted,
    as an operator would, and puts everything back first.
    """
    environ = os.environ | {"PRUNELLA_HOME": str(folder / "home"), "PRUNELLA_MODEL_TIMEOUT": f"{limit_s:g}"}
    chosen = [word for brain in brains for word in ("--brain", brain)]
    command = [PRUNELLA, "heal", GOAL, "--fleet", str(stage.shop.fleet_path), *chosen, "--json"]
    started = time.monotonic()
    with (folder / "events.jsonl").open("w") as said, (folder / "stderr").open("w") as complained:
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=said, stderr=complained)
        error = await _ended(process, limit_s)
    events = list(_events(folder / "events.jsonl"))
    return _told(events, time.monotonic() - started, error)


async def _ended(process: asyncio.subprocess.Process, limit_s: float) -> str:
    """What had to be done to end it; "" when it ended by itself. It never outlives this call."""
    try:
        await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        process.terminate()
        return await _interrupted(process, limit_s)
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return ""


async def _interrupted(process: asyncio.subprocess.Process, limit_s: float) -> str:
    try:
        await asyncio.wait_for(process.wait(), _GRACE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"killed {_GRACE_S:.0f} s after its limit of {limit_s:.0f} s"
    return f"interrupted after {limit_s:.0f} s"


def _events(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield cast("dict[str, Any]", event)


def _told(events: Sequence[dict[str, Any]], wall_s: float, error: str) -> Ended:
    calls = [event["data"] for event in events if event["kind"] == "model"]
    return Ended(
        text=report_of(events),
        wall_s=wall_s,
        calls=len(calls),
        input_tokens=sum(each["input_tokens"] for each in calls),
        output_tokens=sum(each["output_tokens"] for each in calls),
        dollars=sum(each["dollars"] or 0.0 for each in calls),
        model_s=sum(each["seconds"] for each in calls),
        error=error,
    )


def report_of(events: Sequence[dict[str, Any]]) -> str:
    """The verdict, and what was done and not put back again; "" when there was no verdict."""
    verdict = next((event for event in events if event["kind"] == "verdict"), None)
    if verdict is None:
        return ""
    undone = {event["data"].get("entry") for event in events if event["kind"] == "undo"}
    actions = [event for event in events if event["kind"] == "action" and event["data"]["ok"]]
    lasting = [event for event in actions if event["data"]["entry"] not in undone]
    done = [f"{each['data']['tool']} {' '.join(map(str, each['data']['arguments'].values()))}" for each in lasting]
    return "\n".join([verdict["text"], *done])


def read_report(text: str) -> Told:
    """By the verdict that leads it; only a run that never ended has none."""
    return Told(_CLAIMS.get(text.partition(":")[0], "none"), text)
