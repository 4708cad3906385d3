"""A real Phoenix receives a heal and its client reads it back. Installs it once, some 900 MB, in a venv of its own.

PRUNELLA_HEAVY_CACHE names the folder for that; default: `prunella-heavy` in the user's cache.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest

from prunella.testing.openai_server import OpenAIServer, Request, Said
from prunella.testing.ports import free_ports

pytestmark = pytest.mark.heavy
REQUIREMENT = "arize-phoenix>=20,<21"
PROJECT = "prunella-heals"
READ_BACK = """
import json, sys
from phoenix.client import Client
spans = Client(base_url=sys.argv[1]).spans.get_spans(project_identifier=sys.argv[2], limit=1000)
print(json.dumps([dict(span) for span in spans], default=str))
"""


@dataclass(frozen=True)
class Phoenix:
    url: str
    python: Path

    def spans(self) -> list[dict[str, Any]]:
        """What its own client reads back; a moment passes between receiving and storing."""
        until = time.monotonic() + 30
        spans: list[dict[str, Any]] = []
        while not any(span["parent_id"] is None for span in spans):
            assert time.monotonic() < until, "the run's own span never arrived"
            time.sleep(0.5)
            read = subprocess.run(
                [self.python, "-c", READ_BACK, self.url, PROJECT],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            spans = json.loads(read.stdout) if read.returncode == 0 else []
        return spans


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phoenix]:
    binaries = installed() / "bin"
    folder, (port, grpc) = tmp_path_factory.mktemp("phoenix"), free_ports(2)
    environ = os.environ | {
        "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc), "PHOENIX_TELEMETRY_ENABLED": "false",
    }  # fmt: skip
    environ.pop("PYTHONPATH", None)
    with (folder / "log").open("wb") as log:
        serving = subprocess.Popen([binaries / "phoenix", "serve"], env=environ, stdout=log, stderr=log)
        try:
            await_health(f"http://127.0.0.1:{port}", serving, folder / "log")
            yield Phoenix(f"http://127.0.0.1:{port}", binaries / "python")
        finally:
            serving.terminate()
            serving.wait(30)


def installed() -> Path:
    """The venv, made when it is not there; one that was left half made is finished."""
    cache = Path(os.environ.get("PRUNELLA_HEAVY_CACHE") or platformdirs.user_cache_path("prunella-heavy"))
    venv = cache / "phoenix"
    if not (venv / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=120)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", REQUIREMENT], check=True, timeout=1800)
        (venv / "complete").touch()
    return venv


def await_health(url: str, serving: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and serving.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"Phoenix did not start:\n{log.read_text(errors='replace')[-2000:]}")


def repair(request: Request) -> Said:
    """What a model that read the brief would do: the probe names the port, the shop's layout the file."""
    port = re.search(r"connection refused at 127\.0\.0\.1:(\d+)", request.text)
    assert port is not None, request.text
    change = {"file": "payments/.env", "key": "PORT", "value": port[1]}
    calls = (("config_set", change), ("services_restart", {"service": "payments"}))
    return Said(content="The probe looks at another port.", calls=calls)


def test_phoenix_reads_back_agent_tools_and_models_rightly_nested(phoenix: Phoenix) -> None:
    look = Said(calls=(("services_read_log", {"service": "payments"}),))
    with OpenAIServer(look, repair) as model:
        prunella, brain = Path(sys.executable).parent / "prunella", f"{model.url}#test-model"
        healed = subprocess.run(
            [prunella, "demo", "--fault", "wrong-port", "--brain", brain, "--json"],
            env=os.environ | {
                "PRUNELLA_TRACE": "phoenix", "PHOENIX_COLLECTOR_ENDPOINT": phoenix.url, "PHOENIX_PROJECT_NAME": PROJECT,
            },
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert "Traces do not reach" not in healed.stderr
    spans = phoenix.spans()
    by_id = {span["context"]["span_id"]: span for span in spans}

    def line(span: dict[str, Any]) -> list[str]:
        """Names from the root down to the span."""
        above = by_id.get(span["parent_id"] or "")
        return [*(line(above) if above else [str(span["parent_id"])]), span["name"]]

    agent = ["None", "invoke_agent prunella"]
    kinds = {kind: [span for span in spans if span["span_kind"] == kind] for kind in ("AGENT", "LLM", "TOOL")}
    assert [(line(span), span["status_code"]) for span in kinds["AGENT"]] == [(agent, "OK")]
    assert [line(span) for span in kinds["LLM"]] == [[*agent, "plan", "chat test-model"]] * 2
    assert {span["attributes"]["llm.token_count.total"] for span in kinds["LLM"]} == {42}
    assert sorted(line(span) for span in kinds["TOOL"]) == [
        [*agent, "act", "execute_tool config.set"],
        [*agent, "act", "execute_tool services.restart"],
        [*agent, "diagnose", "execute_tool services.read_log"],
    ]
    assert len({span["context"]["trace_id"] for span in spans}) == 1
    assert {line(span)[2] for span in spans if span["name"].startswith("probe ")} >= {"observe", "judge"}
