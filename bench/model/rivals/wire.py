"""What every rival's script reads and writes: the task on stdin, the answer on stdout, tools over HTTP.

Standard library only: it runs in the rivals' own environment, beside the script that imports it.
"""

import json
import sys
import traceback
import urllib.request
from collections.abc import Callable
from typing import Any

Task = dict[str, Any]
"""model_url, tools_url, tools (name, description, parameters), system, prompt, most_steps, limit_s."""


def call_tool(task: Task, name: str, arguments: dict[str, Any]) -> str:
    """What the tool says; a failed call is words too."""
    body = json.dumps({"tool": name, "arguments": arguments}).encode()
    request = urllib.request.Request(task["tools_url"], body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=90) as response:  # noqa: S310 (the bench's own address)
        return json.load(response)["text"]


def function_of(task: Task, tool: dict[str, Any]) -> Callable[..., str]:
    """The tool as a function of keywords."""

    def run(**arguments: Any) -> str:
        return call_tool(task, tool["name"], {name: value for name, value in arguments.items() if value is not None})

    run.__name__, run.__doc__ = tool["name"], tool["description"]
    return run


def answer(solve: Callable[[Task], str]) -> None:
    """Read the task, solve it, and print one line of JSON: the answer, or the exception that came instead."""
    task = json.load(sys.stdin)
    try:
        said = {"answer": solve(task), "error": ""}
    except Exception as error:  # noqa: BLE001 (whatever a framework raises is its answer)
        traceback.print_exc()
        said = {"answer": "", "error": f"{type(error).__name__}: {str(error)[:300]}"}
    print("\n" + json.dumps(said), flush=True)
