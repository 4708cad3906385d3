"""A heal of a service that tells its secrets everywhere: none of them leaves, in no spelling, by no way out."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from prunella.fleet.file import load_fleet
from prunella.supervisors.factory import supervisor_for
from prunella.testing.openai_server import OpenAIServer, Said, Script
from prunella.testing.ports import free_ports
from prunella.world.fleet_world import digest_of

PRUNELLA = Path(sys.executable).parent / "prunella"
LEAKY = Path(__file__).parent / "leaky.py"
TRUE_BYTES = ("state.db", "checkpoints.db", "known-good/", "evidence/", "output/")
"""What in the state folder holds true bytes, as the threat model says; sealed where there is a key."""

SECRETS = {
    "DECLARED": "heron-quartz-lantern",
    "API_TOKEN": "walnut/harbour+seven",
    "SESSION": "9f31c07be4a85d62f0137cbe4da8526f",
    "STRIPE": "sk_live_Zt4mQ8xW2bLr7VnK5cHd",
    "password": "mandolin44river",
}
"""One by reference; one by its name in the file, whose value looks like words; two by their look; one in an address."""
NAMED = ("API_TOKEN", "SESSION", "STRIPE")


@dataclass
class Place:
    """A service in a folder of its own, its state folder, and all that left the process."""

    folder: Path
    home: Path
    port: int
    said: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, *words: str, **environ: str) -> int:
        """The exit code; what it printed is noted."""
        known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        known |= {"PRUNELLA_HOME": str(self.home), "OPENAI_API_KEY": "unused", "NO_COLOR": "1", **environ}
        done = subprocess.run(
            [PRUNELLA, *words], cwd=self.folder, env=known, capture_output=True, text=True, timeout=120, check=False
        )
        self.said[f"stdout of {' '.join(words[:2])}"] = done.stdout
        self.said[f"stderr of {' '.join(words[:2])}"] = done.stderr
        return done.returncode

    def outlets(self) -> Iterator[tuple[str, str]]:
        """Everything that left: what was printed, and the files that are not said to hold true bytes."""
        yield from self.said.items()
        for path in sorted(self.home.rglob("*")):
            name = str(path.relative_to(self.home))
            if path.is_file() and not name.startswith(TRUE_BYTES):
                yield name, path.read_bytes().decode(errors="replace")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "leaky", tmp_path / "home", free_ports(1)[0])
    place.folder.mkdir()
    settings = {
        "PORT": str(place.port), "MODE": "bad", **{n: v for n, v in SECRETS.items() if n in NAMED},
        "DATABASE_URL": f"postgres://app:{SECRETS['password']}@127.0.0.1:5/x",
    }  # fmt: skip
    (place.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    (place.folder / ".env.example").write_text("PORT=1\nMODE=good\nAPI_TOKEN=\n")
    (place.folder / "declared.secret").write_text(SECRETS["DECLARED"])
    command = json.dumps([sys.executable, str(LEAKY)])
    check = json.dumps([sys.executable, str(LEAKY), "--check"])
    (place.folder / "prunella.toml").write_text(
        f'[policy]\nautonomy = "auto"\n[service.leaky]\nsupervisor = {{ kind = "process", command = {command} }}\n'
        f'config = [".env"]\nlogs = ["leaky.log"]\npreflight = {check}\n'
        f'secrets = {{ DB_PASSWORD = "file:{place.folder / "declared.secret"}" }}\n'
        f'probes = [{{ http = "http://127.0.0.1:{place.port}/health" }}]\n'
    )
    service = load_fleet(place.folder / "prunella.toml").services["leaky"]
    fleet, output = place.folder / "prunella.toml", place.home / "output"
    supervisor = supervisor_for(service, fleet, output, lambda: digest_of(service.config))
    assert supervisor is not None
    asyncio.run(supervisor.start())
    yield place
    asyncio.run(supervisor.stop())


def reader() -> list[Script]:
    """A model that reads the log, looks at the file, then mends it."""
    change = {"tool": "config.set", "arguments": {"file": ".env", "key": "MODE", "value": "good"}, "why": "It says so."}
    restart = {"tool": "services.restart", "arguments": {"service": "leaky"}, "why": "It reads its file at the start."}
    plan = {"cause": "The mode is bad.", "because": ["the answer"], "steps": [change, restart]}
    looks: list[Script] = [
        Said(calls=(("services_read_log", {"service": "leaky"}),)),
        Said(calls=(("files_read", {"path": ".env"}),)),
        Said(calls=(("files_read", {"path": "declared.secret"}),)),
    ]
    return [*looks, *[Said(calls=(("submit_plan", plan),))] * 4]


def spelled(secret: str) -> dict[str, str]:
    """The forms to look for; of base64 what is sure wherever it begins."""
    raw = secret.encode()
    cores = {f"base64 at {shift}": base64.b64encode(b"\0" * shift + raw)[4:-4].decode() for shift in range(3)}
    return {"plain": secret, "url": quote(secret, safe=""), "hex": raw.hex(), **cores}


def leaks(place: Place) -> str:
    """Each on a line of its own, with what stands before it; "" is what is wanted."""
    return "\n".join(
        f"{name} as {form} in {where}: …{text[max(0, text.index(spelling) - 80) : text.index(spelling) + 20]!r}"
        for where, text in place.outlets()
        for name, secret in SECRETS.items()
        for form, spelling in spelled(secret).items()
        if spelling in text
    )


def healed(place: Place, *brain: str, **environ: str) -> None:
    code = place.run("heal", "Heal the leaky service.", "--json", *brain, **environ)
    events = place.said["stdout of heal Heal the leaky service."]
    assert code == 0, [line for line in events.splitlines() if "reject" in line or "verdict" in line]
    assert "MODE" in events
    assert place.run("explain", "last") == 0
    assert place.run("explain", "last", "--step", "1") == 0
    assert place.run("explain", "last", "--json") == 0
    assert place.run("status", "--json") == 0
    assert place.run("lessons", "--json") == 0
    assert place.run("undo", "last", "--json") == 0


def test_no_secret_leaves_by_itself_with_the_reflex_rung(place: Place):
    healed(place)
    assert leaks(place) == ""
    assert "MODE=bad" in (place.folder / ".env").read_text()
    assert SECRETS["API_TOKEN"] in (place.folder / ".env").read_text()


def test_no_model_reads_a_secret(place: Place):
    with OpenAIServer(*reader()) as server:
        healed(place, "--brain", server.url, PRUNELLA_TRACE_CONTENT="1")
        place.said["prompts"] = "\n".join(json.dumps(request.body) for request in server.requests)
    assert "MODE" in place.said["prompts"]
    assert leaks(place) == ""


def test_errors_hold_no_secret(place: Place):
    (place.folder / "prunella.toml").write_text((place.folder / "prunella.toml").read_text().replace("]", "", 1))
    assert place.run("heal", "x") == 2
    place.run("doctor")
    assert leaks(place) == ""
