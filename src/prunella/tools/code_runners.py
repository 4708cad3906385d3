"""LangChain tools that would run code in our process or on this machine: ours stands in, or nothing does."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MethodType
from typing import Any, Literal, cast

from prunella.domain.frozen import JsonValue
from prunella.domain.sandbox import Job
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Irrecoverable, Misuse
from prunella.protocols import Sandbox
from prunella.tools.packs.code import PROGRAM, succeeded

Language = Literal["python", "shell"]

# By the name of a class, wherever it comes from: these run what they are given, right here.
_RUNNERS: dict[str, Language] = {
    "PythonREPLTool": "python",
    "PythonAstREPLTool": "python",
    "PythonREPL": "python",
    "ShellTool": "shell",
    "BashProcess": "shell",
}
_MODULES: dict[str, Language] = {
    "langchain_experimental.tools.python": "python",
    "langchain_experimental.utilities.python": "python",
    "langchain_community.tools.shell": "shell",
    "langchain_experimental.llm_bash": "shell",
}
_BUILT_IN = (eval, exec)
_NOTE = "Each call starts afresh in a sandbox without network or files; print what you want to see."
_FENCE = re.compile(r"\s*```[\w+-]*\n?(.*?)\n?```\s*", re.DOTALL)
_INTERACTIVE = "interactive.py"
_SHOWS_LAST_VALUE = f"""
import ast, sys, traceback
sys.argv = [{PROGRAM!r}]
try:
    tree = ast.parse(open({PROGRAM!r}).read(), {PROGRAM!r})
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names = {{"__name__": "__main__"}}
    exec(compile(tree, {PROGRAM!r}, "exec"), names)
    value = eval(compile(ast.Expression(last.value), {PROGRAM!r}, "eval"), names) if last else None
    if value is not None:
        print(value if isinstance(value, str) else repr(value))
except Exception as error:
    error.__traceback__ = error.__traceback__.tb_next
    traceback.print_exception(error)
    sys.exit(1)
"""


def language_of(tool: object) -> Language | None:
    """What the tool would run on this machine; None when it is none of those that do."""
    return _known(type(tool)) or _first(_behind(function) for function in _functions(tool))


def is_wrapper(tool: object) -> bool:
    """Whether a function of the user's stands between the tool and what runs code: ours cannot stand in for that."""
    return language_of(tool) is not None and not _known(type(tool)) and not any(_is_bare(f) for f in _functions(tool))


def refusal(name: str) -> Misuse:
    """Why a tool that runs code is not taken."""
    return Misuse(
        f"{name} runs code in this very process or on this machine, and there is no sandbox to run it in instead. "
        "Give one (`prunella.sandbox.bubblewrap.Bubblewrap()`; `pip install 'prunella[sandbox]'` brings bubblewrap), "
        "or leave the tool out."
    )


def wrapper_refusal(name: str) -> Misuse:
    """Why a function around what runs code is not taken."""
    return Misuse(
        f"{name} passes code to something that runs it in this very process or on this machine. Give python.run or "
        "shell.run of `CodePack(sandbox)` instead, or the LangChain tool itself, which the sandbox takes over."
    )


class SandboxedTool:
    """Called like the tool that it stands in for: same name, same parameters, and its code runs in the sandbox."""

    def __init__(self, spec: ToolSpec, language: Language, sandbox: Sandbox) -> None:
        self.spec = spec.model_copy(update={"risk": Risk.READ, "description": f"{spec.description.rstrip()} {_NOTE}"})
        self._language, self._sandbox = language, sandbox

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        return Prepared(before=dict(arguments))

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """What the code printed. Raises CodeFailed."""
        code = _code_in(arguments)
        job = _python_job(code) if self._language == "python" else Job(command=("sh", "-c", code))
        return succeeded(await self._sandbox.run(job), "The code").stdout

    async def undo(self, before: JsonValue) -> None:  # noqa: ARG002 - the protocol's signature
        raise Irrecoverable(f"{self.spec.name} cannot be undone: it changes nothing.")

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:  # noqa: ARG002
        return None


def _python_job(code: str) -> Job:
    command = ("python3", "-B", _INTERACTIVE)
    return Job(command=command, files={PROGRAM: code, _INTERACTIVE: _SHOWS_LAST_VALUE})


def _code_in(arguments: Mapping[str, JsonValue]) -> str:
    """The first argument that is text or a list of lines, out of its Markdown fence."""
    for value in arguments.values():
        lines = value if isinstance(value, list) else [value]
        if all(isinstance(line, str) for line in lines):
            code = "\n".join(cast("list[str]", lines))
            fenced = _FENCE.fullmatch(code)
            return fenced[1] if fenced else code
    return ""


def _first(found: Iterable[Language | None]) -> Language | None:
    return next((each for each in found if each is not None), None)


def _known(kind: type) -> Language | None:
    return _first(_RUNNERS.get(each.__name__) or _by_module(each.__module__) for each in kind.__mro__)


def _by_module(module: str) -> Language | None:
    return _first(language for start, language in _MODULES.items() if f"{module}.".startswith(f"{start}."))


def _functions(tool: object) -> Iterator[Any]:
    """What a tool made of functions would call."""
    for name in ("func", "coroutine"):
        function = getattr(tool, name, None)
        while isinstance(function, partial):
            function = cast("partial[Any]", function).func
        if function is not None:
            yield function


def _is_bare(function: object) -> bool:
    return function in _BUILT_IN or (isinstance(function, MethodType) and bool(_known(type(function.__self__))))


def _behind(function: Any) -> Language | None:
    """What a function runs code with: itself, the object that it is a method of, or what it mentions."""
    if function in _BUILT_IN:
        return "python"
    return _first(_of_thing(each) for each in _mentioned(function))


def _of_thing(thing: object) -> Language | None:
    return _known(thing if isinstance(thing, type) else type(thing))


def _mentioned(function: Any) -> Iterator[object]:
    if isinstance(function, MethodType):
        yield function.__self__
    inner = getattr(function, "__func__", function)
    for cell in getattr(inner, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    names, code = getattr(inner, "__globals__", {}), getattr(inner, "__code__", None)
    yield from (names[name] for name in getattr(code, "co_names", ()) if name in names)
