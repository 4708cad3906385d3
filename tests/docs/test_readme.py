"""What README says is so."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import typer

import prunella
from prunella.brains.chat.options import Options
from prunella.cli.exits import Exit, exit_of
from prunella.cli.look import VERDICTS
from prunella.cli.main import app
from prunella.domain.plan import ClimbReason
from prunella.domain.run import Limits, Verdict
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse
from prunella.fleet.brains import ROLES
from prunella.fleet.file import load_fleet
from prunella.fleet.policy import REACH
from prunella.telemetry.backends import backend_from
from tests.docs.pages import README, ROOT, Block, blocks, prose, read, rows, spoken_code

TEXT = read(README)
PYTHON = tuple(blocks(TEXT, "python"))
COMMAND = re.compile(r"(?:^|\s)prunella ([a-z-][\w-]*)(.*)")
# langsmith's, which LangChain imports: Python 3.14 warns of it
DEPRECATED_IN_LANGSMITH = "ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning"
WITHOUT_NETWORK = """
import sys
def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        raise SystemExit(f"README reaches for the network: {arguments[1]}")
sys.addaudithook(refuse)
exec(compile(sys.stdin.read(), "README.md", "exec"), {"__name__": "__main__"})
"""


WITHOUT_JSON = {"lessons forget", "export", "policy", "audit"}


def commands_of(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every verb by its whole name: `heal`, `lessons`, `lessons show`."""
    for name, verb in cast("dict[str, Any]", group.commands).items():
        yield f"{above}{name}", verb
        if hasattr(verb, "commands"):
            yield from commands_of(verb, f"{name} ")


def verbs() -> dict[str, frozenset[str]]:
    """Every verb with all spellings of its options."""
    return {
        name: frozenset(spelling for parameter in verb.params for spelling in parameter.opts if spelling[0] == "-")
        for name, verb in commands_of(typer.main.get_command(app))
    }


def spoken_commands() -> Iterator[tuple[str, str]]:
    """(verb, the rest) of every `prunella …` that README tells people to type."""
    known = verbs()
    for line in spoken_code(TEXT):
        for verb, rest in COMMAND.findall(line.partition("#")[0]):
            below, _, further = rest.strip().partition(" ")
            whole = f"{verb} {below}"
            yield (whole, further) if whole in known else (verb, rest)


def test_commands_exist_with_their_options() -> None:
    known, wrong = verbs(), list[str]()
    for verb, rest in spoken_commands():
        options = {word.partition("=")[0] for word in rest.split() if word.startswith("-") and len(word) > 1}
        if verb == "--install-completion":
            continue
        if verb not in known or options - known[verb] - {"--help"}:
            wrong.append(f"prunella {verb}{rest}")
    assert wrong == []


def test_every_verb_is_documented() -> None:
    assert {verb for verb, _ in spoken_commands()} >= verbs().keys()


def documented_options() -> dict[str, set[str]]:
    """The options in the table of the command line, by verb; an empty first cell goes on with the verb above."""
    found: dict[str, set[str]] = {}
    verb = ""
    for cells in rows(TEXT):
        if len(cells) == 3 and cells[1].startswith("`-"):
            verb = cells[0].strip("`") or verb
            found.setdefault(verb, set()).update(re.findall(r"`(-[\w-]+)`", cells[1]))
    return found


def test_every_option_is_documented_and_no_other() -> None:
    spoken = documented_options()
    for verb, options in verbs().items():
        assert spoken.get(verb, set()) == options - {"--json", "--help", "-h"}, verb
        assert ("--json" in options) == (verb not in WITHOUT_JSON), verb


def exit_codes() -> dict[int, str]:
    section = TEXT.partition("\nExit codes:")[2]
    found = (cells for cells in rows(section) if len(cells) == 2 and cells[0].isdigit())
    return {int(code): meaning for code, meaning in found}


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert exit_codes().keys() == {code.value for code in Exit}


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_named_beside_its_exit_code(verdict: Verdict) -> None:
    _, _, word = VERDICTS[verdict]
    assert word.lower() in exit_codes()[exit_of(verdict)].lower()


def fleet_example() -> str:
    (example,) = [block.text for block in blocks(TEXT, "toml") if "fleet" in block.mark]
    return example


def test_the_fleet_file_loads(tmp_path: Path) -> None:
    for folder in ("payments", "ledger"):
        (tmp_path / folder).mkdir()
    (tmp_path / "prunella.toml").write_text(fleet_example(), encoding="utf-8")
    fleet = load_fleet(tmp_path / "prunella.toml")
    assert {name: len(service.probes) for name, service in fleet.services.items()} == {"payments": 2, "ledger": 1}


def keys_of_the_fleet_file() -> frozenset[str]:
    """Every key that the reader accepts, from its own source."""
    found: set[str] = {"name", "every", "timeout", "input", "output", *ROLES, *Limits.model_fields}
    for path in (ROOT / "src" / "prunella" / "fleet").glob("*.py"):
        tree = ast.parse(read(path))
        own = {
            ast.unparse(node.targets[0]): ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
            and all(isinstance(each, ast.Constant) for each in node.value.elts)
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "refuse_unknown":
                starred = {ast.unparse(each.value) for each in node.args if isinstance(each, ast.Starred)}
                assert starred <= {"ROLES", "Limits.model_fields", "COMMON", *own}, (
                    f"{path} accepts keys that are not looked at here"
                )
                found.update(key for name in starred for key in own.get(name, ()))
                texts = (each.value for each in node.args if isinstance(each, ast.Constant))
                found.update(text for text in texts if isinstance(text, str))
    return frozenset(found)


def test_every_key_of_the_fleet_file_is_documented() -> None:
    keys = keys_of_the_fleet_file()
    assert {"preflight", "stop_timeout", "forbid", "tokens", "prices", "judge", "dollars_per_day"} <= keys
    documented = prose(TEXT).partition("## The fleet file")[2].partition("\n## ")[0]
    assert [key for key in sorted(keys) if not re.search(rf"`\[?(?:\w+\.)?{key}\b|\{{ .*\b{key} =", documented)] == []


def test_the_defaults_are_those_of_the_program() -> None:
    told = {
        (row[0].split()[0].strip("`"), name): row[2]
        for row in rows(TEXT)
        if len(row) == 3
        for name in re.findall(r"`(\w+)`", row[0])
    }
    defaults = {("[limits]", name): value for name, value in Limits().model_dump().items()}
    defaults |= {("[policy]", name): getattr(PolicySpec(), name) for name in REACH}
    for key, value in defaults.items():
        assert told.get(key) == ("none" if value is None else f"{value:.10g}"), key


def test_every_option_of_a_model_is_documented_and_no_other() -> None:
    section = prose(TEXT).partition("\n| option | meaning |")[2].partition("\n\n")[0]
    named = {name for row in rows(f"|x|y|z|\n{section}") for name in re.findall(r"`(\w+)`", row[0])}
    assert named == Options.model_fields.keys()


@pytest.mark.parametrize("reason", ClimbReason)
def test_every_reason_to_climb_is_documented(reason: ClimbReason) -> None:
    section = TEXT.partition("**A ladder**")[2].partition("\n\n")[0]
    assert f"*{reason}*" in " ".join(section.split())


def test_every_place_for_traces_is_documented() -> None:
    """And each that is can be had, with what the table says it reads."""
    table = [
        row for row in rows(prose(TEXT).partition("| `PRUNELLA_TRACE` |")[2].partition("\n\n")[0]) if len(row) == 3
    ]
    presets = {row[0].strip("`"): re.findall(r"`([A-Z_]+)`", row[2]) for row in table if re.fullmatch(r"`\w+`", row[0])}
    with pytest.raises(Misuse) as refused:
        backend_from({"PRUNELLA_TRACE": "nowhere-near"})
    listed = str(refused.value).partition("Known are ")[2].partition(", and any address")[0]
    assert presets.keys() == {*listed.split(", "), "off"}
    source = read(ROOT / "src/prunella/telemetry/backends.py")
    read_there = set(re.findall(r'"((?:PHOENIX|LANGSMITH|LANGFUSE)_[A-Z_]+)"', source))
    assert {name for variables in presets.values() for name in variables} - {"OTEL_EXPORTER_OTLP_"} == read_there
    for preset, variables in presets.items():
        environ = {name: f"http://127.0.0.1:1/{name}" for name in variables}
        backend = backend_from({"PRUNELLA_TRACE": preset} | environ)
        assert (backend is None) == (preset == "off")


@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_python_runs_without_a_key_or_the_network(block: Block, tmp_path: Path) -> None:
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "PRUNELLA_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-W", DEPRECATED_IN_LANGSMITH, "-c", WITHOUT_NETWORK],
        input=block.text, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "achieved" in ended.stdout


def test_the_first_screen_has_an_example() -> None:
    assert TEXT.index("```python") < TEXT.index("\n## ")


def test_the_loop_is_drawn_as_in_the_code() -> None:
    docstring = ast.get_docstring(ast.parse(read(ROOT / "src/prunella/healing/graph.py"))) or ""
    drawn = next(block.text for block in blocks(TEXT, "text") if block.text.startswith("observe"))
    assert [line.strip() for line in drawn.splitlines()] == [
        line.strip() for line in docstring.splitlines() if re.search("[→◀▲└]", line)
    ]


def test_every_variable_of_ours_is_documented() -> None:
    """But for what the suites of `testing` plant."""
    modules = (path for path in (ROOT / "src" / "prunella").rglob("*.py") if path.parent.name != "testing")
    source = "".join(read(path) for path in modules)
    pages_of_all = TEXT + "".join(read(path) for path in (ROOT / "docs").rglob("*.md"))
    names = set(re.findall(r"\bPRUNELLA_[A-Z_]+\b", source))
    assert "PRUNELLA_HOME" in names
    assert [name for name in sorted(names) if f"`{name}" not in pages_of_all and f"${name}" not in pages_of_all] == []


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    extras = project["optional-dependencies"].keys()
    table = prose(TEXT).partition("| extra | brings |")[2].partition("\n\n")[0]
    assert {name for row in rows(table) for name in re.findall(r"`(\w+)`", row[0])} == extras
    asked = {name for names in re.findall(r"(?:\.|prunella)\[([\w,]+)\]'", TEXT) for name in names.split(",")}
    assert asked <= extras
    assert {"sandbox", "otel"} <= asked
    assert f"## {project['version']}" in read(ROOT / "CHANGELOG.md")


def test_the_picture_and_its_text_are_of_one_run() -> None:
    (cast_block,) = [block.text for block in blocks(TEXT, "text") if "cast" in block.mark]
    (run,) = set(re.findall(r"\b\d{4}-\d{6}-[0-9a-f]{4}\b", cast_block))
    picture = read(ROOT / "docs" / "heal.svg")
    assert run in picture
    assert "healed in" in cast_block
    assert re.findall(r"url\((?!#)|<image|<script|@import", picture) == []


def test_every_example_is_listed() -> None:
    examples = {path.parent.name for path in (ROOT / "examples").glob("*/agent.py")}
    section = TEXT.partition("### Examples")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| \[(\w+)\]", section, re.MULTILINE)) == examples


def test_what_is_said_to_come_from_the_package_does() -> None:
    section = TEXT.partition("## As a library")[2].partition("\n## ")[0]
    named = {name for code in spoken_code(section) for name in re.findall(r"(?<![\w.])([A-Za-z_]\w*)\(", code)}
    assert {"Roles", "SqlPack", "CodePack", "Bubblewrap"} <= named
    assert [name for name in sorted(named) if name not in prunella.__all__] == []
