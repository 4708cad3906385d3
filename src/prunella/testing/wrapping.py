"""Tools that pass everything on: what a test puts between, it writes as the one method that differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.tool import Prepared, ToolSpec
from prunella.protocols import Tool, Toolbox


@dataclass(frozen=True)
class WrappedTool(Tool):
    """A tool that is `inner` in everything."""

    inner: Tool

    @property
    def spec(self) -> ToolSpec:
        return self.inner.spec

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        return await self.inner.before(arguments)

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        return await self.inner.run(arguments)

    async def undo(self, before: JsonValue) -> None:
        await self.inner.undo(before)

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:
        return await self.inner.applied(arguments, before)


@dataclass(frozen=True)
class WrappedTools(Toolbox):
    """A toolbox that is `inner` in everything."""

    inner: Toolbox

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return self.inner.specs

    def find(self, step: Step) -> Tool | Observation:
        return self.inner.find(step)

    async def call(self, step: Step) -> Observation:
        return await self.inner.call(step)
