"""The tools that rivals are given: the operations of Prunella's own packs, served on loopback as JSON."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import TimeoutError as Late
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.model.endpoint import serving
from prunella.configs.known_good import FileKnownGood
from prunella.domain.plan import Step
from prunella.errors import PrunellaError
from prunella.redaction.redactor import Redactor
from prunella.tools.names import wire_name
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.services import ServicesPack
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools
from prunella.world.fleet_world import FleetWorld

GIVEN = (
    "probes.read",
    "services.read_log",
    "config.show",
    "config.set",
    "config.replace_text",
    "services.restart",
    "services.free_address",
)
"""All that is needed to see and to repair what the demo breaks. A restart starts what is stopped."""
_CALL_S = 60.0


@dataclass(frozen=True)
class Bench:
    """Carries out calls by name. `calls` are all that were asked for, in order, with what came of them."""

    tools: Tools
    loop: asyncio.AbstractEventLoop
    calls: list[str]

    @property
    def specs(self) -> list[dict[str, Any]]:
        """Name, description and parameters, as every framework takes them."""
        return [
            {"name": wire_name(spec.name), "description": spec.description, "parameters": spec.parameters}
            for spec in self.tools.specs
        ]

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """`POST /` with a tool and its arguments → its words; a failed call is words too."""
        del path
        step = Step(tool=str(body.get("tool")), arguments=dict(body.get("arguments") or {}))
        text = self._call(step)
        self.calls.append(f"{step} → {text[:200]}")
        return 200, {"text": text}

    def _call(self, step: Step) -> str:
        try:
            return str(asyncio.run_coroutine_threadsafe(self.tools.call(step), self.loop).result(_CALL_S))
        except (PrunellaError, Late) as error:
            return f"{step.tool} failed: {type(error).__name__}: {error}"


@asynccontextmanager
async def offered(fleet_path: Path, folder: Path) -> AsyncGenerator[tuple[str, Bench]]:
    """The tools for one shop: their URL, and what lies behind it. The shop's fleet file says what there is."""
    from prunella.fleet.file import load_fleet

    redactor, good = Redactor(), FileKnownGood(folder / "known-good")
    fleet = load_fleet(fleet_path)
    world = FleetWorld(fleet, tuple(fleet.services), folder, good, redactor)
    packs = [*_probing(world), *ConfigPack(world, {}).tools(), *ServicesPack(world).tools()]
    own = {each.spec.name: each for each in packs}
    bench = Bench(Tools([own[name] for name in GIVEN], redacts=redactor), asyncio.get_running_loop(), [])
    with serving(bench.answer) as url:
        yield url, bench


def _probing(world: FleetWorld) -> list[Any]:
    async def read() -> str:
        """Read every probe of every service: which are green, and what the others say."""
        report = await world.check()
        lines = [f"{'green' if each.ok else 'RED'} {each.probe}: {each.detail} {each.body}" for each in report.readings]
        return "\n".join(line.strip() for line in lines)

    return [tool(name="probes.read")(read)]
