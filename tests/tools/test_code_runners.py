"""A LangChain tool that runs code never runs it here: the classes below are named like those of LangChain."""

import subprocess
from functools import partial
from pathlib import Path

import pytest
from langchain_core.tools import BaseTool, StructuredTool, Tool
from langchain_core.tools import tool as langchain_tool

from prunella.domain.plan import Step
from prunella.domain.tool import Risk
from prunella.errors import Misuse
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.langchain import as_tool, from_langchain
from prunella.tools.toolbox import Tools


class PythonREPL:
    def run(self, command: str) -> str:
        exec(command)  # noqa: S102 - what must never be reached
        return ""


class PythonREPLTool(BaseTool):
    name: str = "Python_REPL"
    description: str = "A Python shell. Input should be a valid python command."

    def _run(self, query: str) -> str:
        return PythonREPL().run(query)


class PythonAstREPLTool(BaseTool):
    name: str = "python_repl_ast"
    description: str = "A Python shell."

    def _run(self, query: str) -> str:
        return PythonREPL().run(query)


class ShellTool(BaseTool):
    name: str = "terminal"
    description: str = "Run shell commands on this Linux machine."

    def _run(self, commands: str | list[str]) -> str:
        return subprocess.getoutput("\n".join(commands))  # noqa: S605 - what must never be reached


class MyOwnPython(PythonREPLTool):
    name: str = "my_python"


class Elsewhere(BaseTool):
    name: str = "elsewhere"
    description: str = "Lives in a module that runs shell commands."

    def _run(self, commands: str) -> str:
        return subprocess.getoutput(commands)  # noqa: S605 - what must never be reached


Elsewhere.__module__ = "langchain_community.tools.shell.tool"


def of_function(function: object) -> BaseTool:
    return Tool(name="python_repl", description="A Python shell to compute with.", func=function)  # pyright: ignore[reportArgumentType]


def runners() -> list[BaseTool]:
    return [
        PythonREPLTool(), PythonAstREPLTool(), ShellTool(), MyOwnPython(), Elsewhere(),
        of_function(PythonREPL().run), of_function(partial(PythonREPL().run)), of_function(exec), of_function(eval),
    ]  # fmt: skip


@pytest.mark.parametrize("given", runners(), ids=lambda given: given.name)
async def test_it_is_refused_without_a_sandbox(given: BaseTool):
    for take in (as_tool, from_langchain):
        with pytest.raises(Misuse, match=f"{given.name} runs code in this very process.*Bubblewrap"):
            take(given)


@pytest.mark.parametrize("given", runners(), ids=lambda given: given.name)
async def test_it_is_taken_over_with_a_sandbox(given: BaseTool, sandbox: Bubblewrap, tmp_path: Path):
    made = as_tool(given, sandbox)
    assert (made.spec.name, made.spec.risk) == (given.name, Risk.READ)
    assert made.spec.description.startswith(given.description)
    properties = made.spec.parameters["properties"]
    assert isinstance(properties, dict)
    (parameter,) = properties
    is_shell = isinstance(given, ShellTool | Elsewhere)
    witness = tmp_path / "ran"
    code = (
        f"touch {witness} 2> errors; pwd"
        if is_shell
        else f"import os; os.system('touch {witness}'); print(os.getcwd())"
    )
    seen = await Tools([made]).call(Step(tool=given.name, arguments={parameter: code}))
    assert (seen.ok, seen.output) == (True, "/job\n")
    assert not witness.exists()


async def test_lines_of_a_shell_are_run_in_their_order(sandbox: Bubblewrap):
    tools = Tools([as_tool(ShellTool(), sandbox)])
    seen = await tools.call(Step(tool="terminal", arguments={"commands": ["x=1", "echo $x; pwd"]}))
    assert seen.output == "1\n/job\n"


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("6 * 7", "42\n"), ("x = 6\nx * 7", "42\n"), ("print(42)", "42\n"), ("'text'", "text\n"), ("x = 1", ""),
        ("```python\n6 * 7\n```", "42\n"), ("if __name__ == '__main__': print(1)", "1\n"),
    ],
)  # fmt: skip
async def test_the_last_value_is_shown_as_at_a_prompt(sandbox: Bubblewrap, code: str, output: str):
    tools = Tools([as_tool(PythonREPLTool(), sandbox)])
    assert (await tools.call(Step(tool="Python_REPL", arguments={"query": code}))).output == output


@pytest.mark.parametrize(
    ("code", "line"), [("def f():\n    return 1 / 0\nf()", "return 1 / 0"), ("x = (", "x = ("), ("1\n1 / 0", "1 / 0")]
)
async def test_what_fails_is_told_with_its_own_traceback(sandbox: Bubblewrap, code: str, line: str):
    tools = Tools([as_tool(PythonREPLTool(), sandbox)])
    seen = await tools.call(Step(tool="Python_REPL", arguments={"query": code}))
    assert (seen.error, line in seen.message, "interactive.py" in seen.message) == ("CodeFailed", True, False)


def test_a_function_around_one_is_refused_even_with_a_sandbox():
    repl = PythonREPL()

    @langchain_tool
    def compute(code: str) -> str:
        """Compute something with Python."""
        return repl.run(code)

    @langchain_tool
    def compute_too(code: str) -> str:
        """Compute something with Python."""
        return PythonREPL().run(code)

    for each in (compute, compute_too):
        with pytest.raises(Misuse, match="passes code to something that runs it"):
            as_tool(each, Bubblewrap())
        with pytest.raises(Misuse, match="there is no sandbox"):
            as_tool(each)


def test_others_are_left_as_they_are():
    class Calculator(BaseTool):
        name: str = "calculator"
        description: str = "Adds numbers."

        def _run(self, query: str) -> str:
            return query

    def shout(text: str) -> str:
        return text.upper()

    for given in (Calculator(), StructuredTool.from_function(shout, description="Says it loudly.")):
        assert as_tool(given, Bubblewrap()).spec.risk is Risk.IRREVERSIBLE
