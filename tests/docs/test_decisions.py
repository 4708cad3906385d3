"""Decision records: numbered, short, and each with its price."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, read

RECORDS = tuple(sorted((ROOT / "docs" / "decisions").glob("*.md")))
PARTS = ["Context", "Decision", "Price", "How we would notice that we were wrong"]
ONE_PAGE = 50


def test_numbers_follow_each_other() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("record", RECORDS, ids=[path.stem[:4] for path in RECORDS])
def test_a_record_has_its_parts_on_a_page(record: Path) -> None:
    text = read(record)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert text.startswith(f"# {record.name[:4]}: ")
    assert len(text.splitlines()) <= ONE_PAGE


def test_every_dependency_is_accounted_for() -> None:
    project: dict[str, Any] = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in wanted}
    (record,) = [read(path) for path in RECORDS if path.name.startswith("0005-")]
    assert [name for name in sorted(names) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", record)] == []
