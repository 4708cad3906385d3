"""`@tool`: an ordinary function that agents may call, with what it takes to undo it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import partial, update_wrapper
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Irrecoverable, Misuse
from prunella.tools.contract import as_json
from prunella.tools.docstring import parse_docstring
from prunella.tools.hooks import Applied, Before, Hooks, Undo, typed
from prunella.tools.linter import lint
from prunella.tools.names import checked_name, wire_name
from prunella.tools.signature import contract_of
from prunella.tools.threads import Threads

__all__ = ["FunctionTool", "tool", "wire_name"]

P = ParamSpec("P")
R = TypeVar("R")

RiskName = Literal["read", "change", "interrupt", "irreversible"]


class FunctionTool(Generic[P, R]):
    """A function as a tool; called like the function, it is just the function. Raises Misuse for one that brains
    could not choose rightly, or whose hooks do not fit it.

    Functions that are not async run in a thread each. `undo` waits for those that a timeout or Ctrl-C left running.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        risk: Risk | RiskName = Risk.READ,
        before: Before | None = None,
        undo: Undo | None = None,
        applied: Applied | None = None,
        settles: bool = False,
    ) -> None:
        named = checked_name(name or getattr(function, "__name__", type(function).__name__))
        self.function, self._hooks = function, Hooks(before, undo, applied)
        self.contract = contract_of(function, named)
        self._signature = inspect.signature(function)
        self.spec = ToolSpec(
            name=named,
            description=parse_docstring(inspect.getdoc(function) or "").description,
            risk=_risk(named, Risk(risk), undo),
            parameters=self.contract.parameters(),
            returns=self.contract.returns(),
            settles=settles,
        )
        self._refuse(lint(self.spec, function) + self._hooks.misfits(self.contract.names))
        self._threads = Threads(f"tool:{named}")
        update_wrapper(self, function, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tool {self.spec.name} ({self.spec.risk})>"

    @property
    def is_threaded(self) -> bool:
        """Whether a call that is given up may still go on."""
        return not _is_async(self.function)

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        values = self._values(arguments)
        hook = self._hooks.before
        if hook is None:
            return self._reversible(Prepared(before=dict(arguments), touches=self._touches()))
        found = await self._do(partial(hook, **values))
        prepared = found if isinstance(found, Prepared) else Prepared(before=as_json(found), touches=self._touches())
        return self._reversible(prepared)

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        function: Callable[..., object] = self.function
        return self.contract.deliver(await self._do(partial(function, **self._values(arguments))))

    async def undo(self, before: JsonValue) -> None:
        hook = self._hooks.undo
        if hook is None:
            raise Irrecoverable(f"{self.spec.name} cannot be undone: it was made without an undo.")
        await self._threads.join()
        await self._do(partial(hook, typed(hook, 0, before)))

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:
        hook = self._hooks.applied
        if hook is None:
            return None
        answer = await self._do(partial(hook, self._complete(arguments), typed(hook, 1, before)))
        return answer if isinstance(answer, bool) else None

    def _values(self, arguments: Mapping[str, JsonValue]) -> dict[str, Any]:
        """What the function is called with: Python values of its types, and its own defaults."""
        taken = self.contract.read(arguments)
        names = {name: field.alias or name for name, field in type(taken).model_fields.items()}
        given = {alias: getattr(taken, name) for name, alias in names.items() if name in taken.model_fields_set}
        bound = self._signature.bind(**given)
        bound.apply_defaults()
        return bound.arguments

    def _complete(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The arguments in JSON, of the declared types, defaults filled in."""
        taken = self.contract.read(arguments)
        return taken.model_dump(mode="json", by_alias=True, warnings=False, fallback=str)

    async def _do(self, call: Callable[[], object]) -> object:
        """The result of a sync or async call. A tool that wants to end the process has failed, nothing more."""
        try:
            result = call() if _is_async(call) else await self._threads.run(call)
            return await cast("Awaitable[object]", result) if inspect.isawaitable(result) else result
        except SystemExit as error:
            raise RuntimeError(f"{self.spec.name} called sys.exit({error.code!r})") from error

    def _reversible(self, prepared: Prepared) -> Prepared:
        if self.spec.risk is not Risk.IRREVERSIBLE or not prepared.reversible:
            return prepared
        note = prepared.note or f"{self.spec.name} has no undo"
        return prepared.model_copy(update={"reversible": False, "note": note})

    def _touches(self) -> tuple[str, ...]:
        return () if self.spec.risk is Risk.READ else (f"tool:{self.spec.name}",)

    def _refuse(self, problems: tuple[str, ...]) -> None:
        if problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            raise Misuse(f"Brains could not use the tool {self.spec.name} rightly:\n{listed}")


@overload
def tool(function: Callable[P, R], /) -> FunctionTool[P, R]: ...


@overload
def tool(
    *,
    name: str | None = None,
    risk: Risk | RiskName = Risk.READ,
    before: Before | None = None,
    undo: Undo | None = None,
    applied: Applied | None = None,
    settles: bool = False,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a tool of a function, a closure or a bound method: `@tool`, `@tool(risk="change", …)`.

    `before` takes the same keyword arguments and returns what `undo` will need: a Prepared, or anything with a JSON
    form. `undo` is given that; its annotation says what type JSON is turned back into. `applied` is given all
    arguments as a dict of JSON, and `before`. Each may be async. Without `undo`, all but a read is irreversible.
    """
    return FunctionTool(function, **options) if function else partial(FunctionTool, **options)


def _risk(name: str, risk: Risk, undo: Undo | None) -> Risk:
    if risk is Risk.READ and undo:
        raise Misuse(f'Tool {name} has an undo but only reads: say risk="change" or risk="interrupt".')
    return risk if undo or risk is Risk.READ else Risk.IRREVERSIBLE


def _is_async(call: Callable[..., object]) -> bool:
    """Whether calling it only makes a coroutine; true for objects with an async `__call__` as well."""
    while isinstance(call, partial):
        call = call.func
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
