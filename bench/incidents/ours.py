"""Prunella in the table: its command line, its own state folder, a human who answers; nothing else of it is used."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench.incidents.contender import Claim, Ground, Moment, Tools, Verdict
from bench.sweep import PRUNELLA

_WAITING, _KILLED = 8, -signal.SIGKILL
_GRACE_S = 20.0
_RIGHT = 3  # how far a probe that is green got
_MOST_QUESTIONS = 6
_VERDICTS: Mapping[str, Verdict] = {
    "achieved": "healed", "nothing_to_do": "healthy", "escalated": "escalated", "rolled_back": "rolled_back",
    "frozen": "frozen", "unverified": "unverified",
}  # fmt: skip
_TOLD = {"suspicion", "plan", "rejected", "approval", "intent", "action", "judged", "progress", "cause", "undo", "note",
         "reflection", "verdict", "rehearsal"}  # fmt: skip


@dataclass
class Prunella:
    """`prunella heal`, without any model unless `brains` name some."""

    name: str = "prunella"
    brains: tuple[str, ...] = ()
    ground: Ground | None = None

    async def prepare(self, ground: Ground) -> None:
        """A look at the healthy fleet is what takes the known-good snapshot; without one there is nothing to do."""
        self.ground = ground
        if ground.sees_healthy:
            told = await _call(ground, ("heal", "--fleet", str(ground.fleet_file), "--json"), 60.0)
            if '"nothing_to_do"' not in told:
                red = [e["text"] for e in _parsed(told) if _is_red(e)]
                raise RuntimeError(f"The healthy fleet is not green to Prunella: {'; '.join(red) or told[-300:]}")

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        """To the verdict: questions are answered, and a run that was killed is taken up again."""
        started, ends = time.time(), time.monotonic() + limit_s
        words = ("heal", goal, "--fleet", str(tools.ground.fleet_file), "--json", *self._brains())
        heard = Heard(started)
        code = await heard.listen(tools, words, ends)
        if code == _KILLED:
            code = await heard.listen(tools, words, ends)
        while code == _WAITING and heard.questions < _MOST_QUESTIONS:
            code = await heard.listen(tools, await _answer(tools, heard), ends)
        return heard.claim(code)

    def _brains(self) -> Sequence[str]:
        return [word for brain in self.brains for word in ("--brain", brain)]


@dataclass
class Heard:
    """All that the processes of one run said, in order."""

    started: float
    events: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    said: list[str] = field(default_factory=list[str])
    questions: int = 0

    async def listen(self, tools: Tools, words: Sequence[str], ends: float) -> int:
        """The exit code of one process of ours."""
        process = await _start(tools.ground, words)
        tools.started(process.pid)
        output, errors = await _finish(process, max(1.0, ends - time.monotonic()))
        self.said += [output, errors]
        self.events += list(_parsed(output))
        return process.returncode or 0

    def claim(self, code: int) -> Claim:
        last = next((e["data"]["verdict"] for e in reversed(self.events) if e["kind"] == "verdict"), "")
        errors = self.said[-1].strip()[-300:] if self.said else ""
        nothing: Mapping[str, Any] = {}
        spent: Mapping[str, Any] = next((e["data"] for e in reversed(self.events) if e["kind"] == "spent"), nothing)
        return Claim(
            verdict=_VERDICTS.get(last, "failed"),
            cause=self._cause(),
            demonstrated=any(e["kind"] == "cause" and e["text"].startswith("Demonstrated") for e in self.events),
            timeline=tuple(self._moments()),
            said="\n".join(self.said),
            error="" if last else f"exit code {code}: {errors}",
            detected_s=self._at(_is_red),
            planned_s=self._at(_is_plan),
            steps=sum(event["kind"] == "action" for event in self.events),
            plans=sum(event["kind"] == "plan" for event in self.events),
            questions=self.questions,
            model_calls=sum(event["kind"] == "model" for event in self.events),
            tokens=int(spent.get("tokens", {}).get("spent", 0)),
            dollars=float(spent.get("dollars", {}).get("spent", 0.0)),
        )

    def _cause(self) -> str:
        """What the run recorded: the causes of the plans that it kept, and what it demonstrated."""
        kept: list[str] = []
        since: list[str] = []
        for event in self.events:
            match event["kind"]:
                case "plan" if event["data"].get("kind") == "plan":
                    since.append(f"{event['data'].get('cause', '')} [{event['text']}]")
                case "rejected" | "reflection":
                    since.clear()
                case "progress" | "verdict":
                    kept, since = kept + since, []
                case "cause":
                    kept.append(event["text"])
                case _:
                    pass
        return " | ".join(dict.fromkeys(kept))

    def _moments(self) -> Iterator[Moment]:
        for event in self.events:
            if event["kind"] in _TOLD or _is_red(event):
                yield Moment(round(event["at"] - self.started, 2), event["kind"], str(event["text"])[:400])

    def _at(self, is_it: Callable[[Mapping[str, Any]], bool]) -> float | None:
        return next((round(event["at"] - self.started, 2) for event in self.events if is_it(event)), None)


def _is_red(event: Mapping[str, Any]) -> bool:
    return event["kind"] == "reading" and event["data"].get("reach") != _RIGHT


def _is_plan(event: Mapping[str, Any]) -> bool:
    return event["kind"] == "plan"


def _parsed(output: str) -> Iterator[Mapping[str, Any]]:
    for line in output.splitlines():
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and "kind" in event:
                yield event


async def _answer(tools: Tools, heard: Heard) -> Sequence[str]:
    """The words of the command that answers the question that waits, as the human decided."""
    heard.questions += 1
    told = await _call(tools.ground, ("approvals", "--json"), 30.0)
    question = json.loads(told.splitlines()[-1])
    yes = await tools.ask(question)
    words = ("approve", question["run"], "--plan", question["plan"], "--json")
    return words if yes else (*words, "--deny", "--reason", "Not this way.")


async def _call(ground: Ground, words: Sequence[str], timeout_s: float) -> str:
    process = await _start(ground, words)
    return (await _finish(process, timeout_s))[0]


async def _start(ground: Ground, words: Sequence[str]) -> asyncio.subprocess.Process:
    env = {**ground.env, "PRUNELLA_HOME": str(ground.home / "state")}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        PRUNELLA, *words, cwd=ground.folder, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe,
        start_new_session=True, limit=2**24,
    )  # fmt: skip


async def _finish(process: asyncio.subprocess.Process, timeout_s: float) -> tuple[str, str]:
    """Both streams. Out of time it is asked to put everything back, and then killed with all that it started."""
    talk = asyncio.create_task(process.communicate())
    for sign, patience_s in ((None, timeout_s), (signal.SIGINT, _GRACE_S), (signal.SIGKILL, 5.0)):
        if sign is not None:
            _send(process.pid, sign)
        done, _ = await asyncio.wait({talk}, timeout=patience_s)
        if done:
            break
    output, errors = talk.result() if talk.done() else (b"", b"")
    return output.decode(errors="replace"), errors.decode(errors="replace")


def _send(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if sign is signal.SIGKILL:
            os.killpg(pid, sign)
        else:
            os.kill(pid, sign)
