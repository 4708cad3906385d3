"""Prunella's own tools for one fleet, served on loopback as JSON to a rival in another process."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from concurrent.futures import TimeoutError as Late
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.incidents.contender import Moment
from bench.incidents.contender import Tools as Given
from bench.model.endpoint import serving
from prunella.configs.known_good import FileKnownGood
from prunella.domain.plan import Step
from prunella.errors import PrunellaError
from prunella.fleet.file import load_fleet
from prunella.redaction.redactor import Redactor
from prunella.tools.names import wire_name
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools
from prunella.wiring.heal import fleet_tools
from prunella.world.fleet_world import FleetWorld

_CALL_S = 60.0
_ASK = {
    "name": "ask_human",
    "description": "Ask a human for leave: the plan in words, every step with its tool and all of its arguments.",
    "parameters": {
        "type": "object",
        "properties": {
            "steps": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}},
                    "required": ["tool", "arguments"],
                },
            }
        },
        "required": ["steps"],
    },
}


@dataclass
class Served:
    """Carries out calls by name. `moments` are all that were asked for, with what came of them."""

    tools: Tools
    probes: Tools
    given: Given
    loop: asyncio.AbstractEventLoop
    started: float = field(default_factory=time.monotonic)
    moments: list[Moment] = field(default_factory=list[Moment])
    questions: int = 0

    @property
    def specs(self) -> list[dict[str, Any]]:
        """Name, description and parameters, as every framework takes them."""
        specs = (*self.probes.specs, *self.tools.specs)
        own = [{"name": wire_name(s.name), "description": s.description, "parameters": s.parameters} for s in specs]
        return [*own, _ASK]

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """`POST /` with a tool and its arguments → its words; a failed call is words too."""
        del path
        step = Step(tool=str(body.get("tool")), arguments=dict(body.get("arguments") or {}))
        text = self._ask(step) if step.tool == _ASK["name"] else self._call(step)
        at_s = round(time.monotonic() - self.started, 2)
        self.moments.append(Moment(at_s, "action", f"{step} → {text[:300]}"))
        return 200, {"text": text}

    def _ask(self, step: Step) -> str:
        self.questions += 1
        asked = asyncio.run_coroutine_threadsafe(self._put({"plan": {"steps": step.arguments.get("steps")}}), self.loop)
        return "yes" if asked.result(_CALL_S) else "no: not this way"

    async def _put(self, question: dict[str, Any]) -> bool:
        return await self.given.ask(question)

    def _call(self, step: Step) -> str:
        tools = self.probes if step.tool in {"probes.read", "probes_read"} else self.tools
        try:
            return str(asyncio.run_coroutine_threadsafe(tools.call(step), self.loop).result(_CALL_S))
        except (PrunellaError, Late) as error:
            return f"{step.tool} failed: {type(error).__name__}: {error}"


@asynccontextmanager
async def served(given: Given) -> AsyncGenerator[tuple[str, Served]]:
    """Their URL, and what lies behind it. Prunella's known-good snapshots are not among what a rival is given."""
    redactor, environ = Redactor(), {**os.environ, **given.ground.env}
    fleet = load_fleet(given.ground.fleet_file)
    good = FileKnownGood(given.ground.home / "known-good")
    world = FleetWorld(fleet, tuple(fleet.services), given.ground.home, good, redactor, environ)
    bench = Served(fleet_tools(world, environ), _probing(world, redactor), given, asyncio.get_running_loop())
    with serving(bench.answer) as url:
        yield url, bench


def _probing(world: FleetWorld, redactor: Redactor) -> Tools:
    async def read() -> str:
        """Read every probe of every service: which are green, and what the others say."""
        report = await world.check()
        lines = [f"{'green' if each.ok else 'RED'} {each.probe}: {each.detail} {each.body}" for each in report.readings]
        return "\n".join(line.strip() for line in lines)

    return Tools([tool(name="probes.read")(read)], redacts=redactor)
