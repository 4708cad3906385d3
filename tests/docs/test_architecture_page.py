"""ARCHITECTURE shows the layers as they are held."""

import re
import tomllib
from typing import Any

from tests.docs.pages import ROOT, blocks, read

PAGE = read(ROOT / "ARCHITECTURE.md")


def shown() -> list[list[str]]:
    (drawn,) = [block.text for block in blocks(PAGE, "text") if "layers" in block.mark]
    layers = (re.split(r"\s{2,}", line)[0] for line in drawn.splitlines())
    return [layer.split(" | ") for layer in layers]


def held() -> list[list[str]]:
    project: dict[str, Any] = tomllib.loads(read(ROOT / "pyproject.toml"))
    (contract,) = [each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    return [layer.split(" | ") for layer in contract["layers"]]


def test_the_layers_are_those_of_the_contract() -> None:
    assert shown() == held()


def test_every_layer_is_there() -> None:
    packages = {path.name for path in (ROOT / "src" / "prunella").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert packages <= {name for layer in shown() for name in layer}


def test_every_table_of_the_database_is_told() -> None:
    scripts = "\n".join(read(path) for path in (ROOT / "src/prunella/storage/migrations").glob("*.sql"))
    tables = re.findall(r"CREATE TABLE (\w+)", scripts)
    assert tables
    assert [table for table in tables if f"table `{table}`" not in PAGE] == []
