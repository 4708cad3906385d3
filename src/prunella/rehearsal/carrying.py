"""A plan's steps, carried out on a shadow by the same tools."""

import asyncio
from collections.abc import Callable, Iterable

from prunella.domain.evidence import Observation
from prunella.domain.plan import Plan, Step
from prunella.domain.rehearsal import Trial
from prunella.domain.tool import Risk
from prunella.errors import PrunellaError
from prunella.protocols import Tool
from prunella.rehearsal.shadow import Shadow
from prunella.tools.toolbox import Tools
from prunella.world.fleet_world import FleetWorld

ToolsOf = Callable[[FleetWorld], Iterable[Tool]]
_STEP_S = 10.0
_OF_DISKS = frozenset({"files.discard", "files.rotate_log"})


async def carry_out(plan: Plan, shadow: Shadow, tools_of: ToolsOf) -> Trial | None:
    """Every step that one of the shadow's tools does, in order; None when all went well, else the first that did not.

    That step speaks against the plan only where an earlier one changed what it works on: the step by itself was found
    possible before. Services, databases, disks and the like have no shadow; their steps are left out.
    """
    tools = Tools(tools_of(shadow.world), redacts=shadow.world.redactor)
    changed: frozenset[str] = frozenset()
    is_whole = True
    for step in plan.steps:
        turned = step.model_copy(update={"arguments": shadow.arguments(step.arguments)})
        tool = tools.find(turned)
        if not isinstance(tool, Observation) and tool.spec.risk is Risk.READ:
            continue
        if step.tool in _OF_DISKS or (isinstance(tool, Observation) and tool.error == "UnknownTool"):
            is_whole = False
            continue
        touched, fault = await _take(tool, turned)
        if fault:
            told = shadow.said(shadow.world.redactor.text(fault))
            is_against = is_whole and bool(touched & changed)
            return Trial(name=f"the step {step.tool}", ok=False if is_against else None, detail=told)
        changed |= touched
    return None


async def _take(tool: Tool | Observation, step: Step) -> tuple[frozenset[str], str]:
    """What the step touches, and why it cannot be taken ("": it was)."""
    if isinstance(tool, Observation):
        return frozenset(), str(tool)
    touched = _places(step)
    try:
        async with asyncio.timeout(_STEP_S):
            touched |= frozenset((await tool.before(step.arguments)).touches)
            await tool.run(step.arguments)
    except TimeoutError:
        return touched, f"it took longer than {_STEP_S:g} s"
    except (PrunellaError, OSError) as error:
        return touched, str(error)
    return touched, ""


def _places(step: Step) -> frozenset[str]:
    named = (step.arguments.get(name) for name in ("file", "path"))
    return frozenset(f"named:{each}" for each in named if isinstance(each, str))
