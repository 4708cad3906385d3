"""What stands around every tool, one concern each, composed in one line that no setting changes."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Irrecoverable, Lost, Misuse, Rejected, Transient
from prunella.protocols import Tool
from prunella.tools.contract import Contract, contract_from

T = TypeVar("T")
UNDO_TIMEOUT_S = 600.0


def guarded(tool: Tool, *, timeout_s: float) -> "Guarded":
    """The tool as a run uses it. Outermost first: contracts and errors, then time."""
    return tool if isinstance(tool, Guarded) else Guarded(Timed(tool, timeout_s))


class Timed:
    """No call is waited for longer than `timeout_s`: TimeoutError then. An undo is given ten minutes: it is never
    cut short, only found to hang.
    """

    def __init__(self, tool: Tool, timeout_s: float, undo_timeout_s: float = UNDO_TIMEOUT_S) -> None:
        self.inner, self.timeout_s, self.undo_timeout_s = tool, timeout_s, max(timeout_s, undo_timeout_s)

    @property
    def spec(self) -> ToolSpec:
        return self.inner.spec

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        return await self._within(self.timeout_s, self.inner.before(arguments), "nothing was touched")

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        return await self._within(self.timeout_s, self.inner.run(arguments), self._after_run())

    async def undo(self, before: JsonValue) -> None:
        await self._within(self.undo_timeout_s, self.inner.undo(before), "part of it may be put back")

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:
        return await self._within(self.timeout_s, self.inner.applied(arguments, before), "nothing was touched")

    async def _within(self, seconds: float, call: Coroutine[Any, Any, T], state: str) -> T:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await call
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"{self.spec.name}: no answer within {seconds:g} s; {state}.") from error

    def _after_run(self) -> str:
        if getattr(self.inner, "is_threaded", False):
            return "it runs in a thread, which cannot be stopped and may still take effect"
        if self.spec.risk is Risk.READ:
            return "it was cancelled"
        return "it was cancelled, and part of it may have taken effect"


class Guarded:
    """Holds a tool to its contracts, and sorts what it raises by the reaction that its caller can have.

    `before` raises Rejected or Transient, `undo` Irrecoverable, `applied` nothing: what fails cannot be told. Misuse
    and Lost go through from all of them.
    """

    def __init__(self, tool: Tool) -> None:
        self.inner = tool
        own = getattr(_innermost(tool), "contract", None)
        self.contract = own if isinstance(own, Contract) else contract_from(tool.spec)

    @property
    def spec(self) -> ToolSpec:
        return self.inner.spec

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        accepted = self.contract.accept(arguments)
        try:
            return await self.inner.before(accepted)
        except (Misuse, Lost, Rejected, Transient, Irrecoverable):
            raise
        except Exception as error:
            raise Rejected(f"{self.spec.name} cannot be prepared: {type(error).__name__}: {error}") from error

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        return self.contract.release(await self.inner.run(self.contract.accept(arguments)))

    async def undo(self, before: JsonValue) -> None:
        """Nothing for a tool that only reads: there is nothing to put back."""
        if self.spec.risk is Risk.READ:
            return
        try:
            await self.inner.undo(before)
        except (Misuse, Lost, Irrecoverable):
            raise
        except Exception as error:
            raise Irrecoverable(f"The undo of {self.spec.name} failed: {type(error).__name__}: {error}") from error

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:
        try:
            return await self.inner.applied(self.contract.accept(arguments), before)
        except (Misuse, Lost):
            raise
        except Exception:  # noqa: BLE001 - None says just that: it cannot be told, ask
            return None


def _innermost(tool: object) -> object:
    while isinstance(tool, Timed | Guarded):
        tool = tool.inner
    return tool
