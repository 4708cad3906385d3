"""What a run sees stays on this machine, also where LangSmith's own hook is switched on by the environment."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM = """
import asyncio, sys
from pathlib import Path
from prunella import Agent, Goal
from prunella.domain.plan import Answer
from langchain_core.tracers.langchain import wait_for_all_tracers
from langchain_core.runnables import RunnableLambda

run = Agent(brain=lambda brief: Answer(text="the password is hush-hush"), home=Path(sys.argv[1])).run_sync("Say it.")
print(run.verdict)
if sys.argv[2] == "beside":
    RunnableLambda(lambda said: said).invoke("a chain of the user's own")
wait_for_all_tracers()
"""


class Recorder(BaseHTTPRequestHandler):
    """Answers everything, and keeps what it was told."""

    told: list[bytes]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.told.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
        del format, args


def told_by(home: Path, *more: str) -> list[bytes]:
    recorder = type("Heard", (Recorder,), {"told": list[bytes]()})
    with ThreadingHTTPServer(("127.0.0.1", 0), recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environ = os.environ | {
            "LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "key",
            "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
        }  # fmt: skip
        command = [sys.executable, "-c", PROGRAM, str(home), *more]
        said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
        server.shutdown()
    assert "unverified" in said.stdout
    return recorder.told


def test_langsmiths_own_hook_hears_nothing_of_a_run(tmp_path: Path) -> None:
    assert told_by(tmp_path, "alone") == []


def test_chains_of_the_users_own_are_traced_as_before(tmp_path: Path) -> None:
    assert told_by(tmp_path, "beside")
