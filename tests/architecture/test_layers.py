"""Imports go down only, and every package has its place in the layers."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.modules import ROOT

CLIMBING = """
[tool.importlinter]
root_package = "climbing"
[[tool.importlinter.contracts]]
name = "Imports go down only"
type = "layers"
containers = ["climbing"]
layers = ["healing", "probes"]
exhaustive = true
"""


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The linter over the pyproject.toml of `folder`; packages there can be imported."""
    lint = Path(sys.executable).parent / "lint-imports"
    command = [str(lint), "--no-cache", "--config", str(folder / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_contract_is_kept() -> None:
    ended = lint_imports(ROOT)
    assert ended.returncode == 0, ended.stdout
    assert "0 broken" in ended.stdout


def test_the_layers_leave_no_package_out() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [each for each in config["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    assert (layers["exhaustive"], layers["containers"]) == (True, ["prunella"])


def climbing_package(folder: Path, source: str, *, more: str = "") -> None:
    for name in ("healing", "probes", *filter(None, [more])):
        (folder / "climbing" / name).mkdir(parents=True)
        (folder / "climbing" / name / "__init__.py").touch()
    (folder / "climbing" / "__init__.py").touch()
    (folder / "climbing" / "probes" / "look.py").write_text(source)
    (folder / "pyproject.toml").write_text(CLIMBING)


def test_a_leaf_that_climbs_is_caught(tmp_path: Path) -> None:
    climbing_package(tmp_path, "import climbing.healing\n")
    assert lint_imports(tmp_path).returncode == 1


def test_a_package_without_a_layer_is_caught(tmp_path: Path) -> None:
    climbing_package(tmp_path, "", more="extra")
    assert lint_imports(tmp_path).returncode == 1


def test_a_package_that_keeps_its_layers_passes(tmp_path: Path) -> None:
    climbing_package(tmp_path, "")
    assert lint_imports(tmp_path).returncode == 0
