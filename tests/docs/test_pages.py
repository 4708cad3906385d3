"""Nothing in the documents leads nowhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, links, pages, prose, read, spoken_code

OF_THE_REPOSITORY = re.compile(r"(?:src|tests|docs|examples|bench|requirements)/[\w./-]+")
TEST_NAME = re.compile(r"test_\w+")
MAKE = re.compile(r"\bmake ([a-z][\w-]*(?: [a-z][\w-]*)*)")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    dead: list[str] = []
    for link in links(read(page)):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(read(target))):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", pages(), ids=named)
def test_paths_that_are_named_exist(page: Path) -> None:
    spoken = [code for code in spoken_code(read(page)) if OF_THE_REPOSITORY.fullmatch(code)]
    assert [path for path in spoken if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=named)
def test_tests_that_are_named_exist(page: Path) -> None:
    tests = "\n".join(read(path) for path in (ROOT / "tests").rglob("test_*.py"))
    spoken = {code for code in spoken_code(read(page)) if TEST_NAME.fullmatch(code)}
    assert [name for name in sorted(spoken) if f"def {name}(" not in tests] == []


@pytest.mark.parametrize("page", pages(), ids=named)
def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    code = (line.partition("#")[0] for line in spoken_code(read(page)))
    named_targets = {target for line in code for found in MAKE.findall(line) for target in found.split()}
    assert named_targets - targets == set()


def test_the_pages_are_there() -> None:
    wanted = {"README.md", "ARCHITECTURE.md", "THREAT_MODEL.md", "CHANGELOG.md", "CONTRIBUTING.md"}
    assert wanted <= {page.name for page in pages()}


@pytest.mark.parametrize("page", pages(), ids=named)
def test_no_placeholder_is_left(page: Path) -> None:
    assert re.findall(r"\u2039[^\u203a]*\u203a|\bTODO\b|\bTBD\b|\bFIXME\b", prose(read(page))) == []
