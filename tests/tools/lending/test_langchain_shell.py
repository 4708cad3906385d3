"""LangChain's shell tool, in a real agent, works in the sandbox: what a session remembers, and what it never sees."""

import os
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType] - their types have holes
from langchain.agents.middleware import ShellToolMiddleware
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.lending.langchain_shell import SandboxExecutionPolicy


class Scripted(GenericFakeChatModel):
    """Says what it was told to, whatever tools it has."""

    def bind_tools(self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any], **kwargs: Any) -> Any:
        return self


def outcome_of(policy: SandboxExecutionPolicy, *commands: str, **options: Any) -> list[str]:
    """What the agent's model saw of each command."""
    calls = [
        AIMessage("", tool_calls=[{"name": "shell", "args": {"command": command}, "id": f"call-{number}"}])
        for number, command in enumerate(commands)
    ]
    shell: Any = ShellToolMiddleware(execution_policy=policy, **options)
    agent: Any = create_agent(Scripted(messages=iter([*calls, AIMessage("done")])), middleware=[shell])
    seen = agent.invoke({"messages": [HumanMessage("go")]})
    return [str(message.content) for message in seen["messages"] if isinstance(message, ToolMessage)]


@pytest.fixture
def policy(sandbox: Bubblewrap) -> SandboxExecutionPolicy:
    return SandboxExecutionPolicy(sandbox=sandbox, command_timeout=10.0)


def test_a_session_remembers_files_folder_variables_and_functions(policy: SandboxExecutionPolicy):
    seen = outcome_of(
        policy, "mkdir sub && cd sub && printf '\\377' > bytes && greeting='good day'",
        'greet() { echo "$greeting"; }', "greet; pwd; wc -c < bytes", "rm bytes", "ls",
    )  # fmt: skip
    assert seen[2].splitlines() == ["good day", "/tmp/workspace/sub", "1"]
    assert "bytes" not in seen[4]


def test_exit_codes_and_errors_are_told(policy: SandboxExecutionPolicy):
    failed, fine = outcome_of(policy, "ls no-such-file", "echo fine")
    assert "[stderr] ls: cannot access 'no-such-file'" in failed
    assert "Exit code: 2" in failed
    assert fine.strip() == "fine"


def test_nothing_of_the_host_is_there(policy: SandboxExecutionPolicy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "secret").write_text("hunter2")
    monkeypatch.setenv("API_TOKEN", "hunter3")
    seen = outcome_of(
        policy, f"cat {tmp_path}/secret; env; touch {tmp_path}/written", "echo $GIVEN",
        workspace_root=tmp_path, env={"GIVEN": "yes"},
    )  # fmt: skip
    assert "hunter" not in "".join(seen)
    assert seen[1].strip() == "yes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret"]


def test_one_that_hangs_is_ended_and_the_session_starts_again(sandbox: Bubblewrap):
    policy = SandboxExecutionPolicy(sandbox=sandbox, command_timeout=1.0, termination_timeout=0.5)
    seen = outcome_of(policy, "echo kept > file", "sleep 100", "cat file")
    assert "timed out" in seen[1]
    assert seen[2].strip() == "kept"


@contextmanager
def spawned(policy: SandboxExecutionPolicy, workspace: Path) -> Generator[tuple[Any, Any]]:
    """A shell, and where to type."""
    shell: Any = policy.spawn(workspace=workspace, env={}, command=("/bin/bash",))
    try:
        yield shell, shell.stdin
    finally:
        for pipe in (shell.stdin, shell.stdout, shell.stderr):
            pipe.close()


def test_leaving_the_shell_ends_it_with_the_middleware_told(policy: SandboxExecutionPolicy, tmp_path: Path):
    with spawned(policy, tmp_path) as (shell, keys):
        assert shell.poll() is None
        keys.write("exit 3\n")
        keys.flush()
        shell.wait(timeout=10)
        assert shell.poll() is not None
        assert shell.stdout.read() == ""


def test_killing_it_ends_the_job_and_never_us(policy: SandboxExecutionPolicy, tmp_path: Path):
    with spawned(policy, tmp_path) as (shell, keys):
        keys.write("sleep 100\n")
        keys.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            shell.wait(timeout=0.2)
        begun = time.monotonic()
        shell.kill()
        assert (shell.wait(timeout=10), time.monotonic() - begun < 9) == (-9, True)
        assert os.getpgid(shell.pid) == os.getpgrp()
