"""Large outputs go to the store and leave a preview; small ones are not touched."""

from pathlib import Path

import pytest

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.errors import Rejected
from prunella.evidence.store import FileEvidence
from prunella.protocols import Toolbox
from prunella.tools.packs.evidence import EvidencePack
from prunella.tools.spilling import SpillingTools
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools

ROW = 'a "quoted" row with the number 12345\n'


@tool
def fetch_rows(count: int) -> str:
    """Fetch so many rows of the made-up table, for tests.

    Args:
        count: how many rows
    """
    return ROW * count


@tool
def run_program(count: int) -> dict[str, JsonValue]:
    """Run a made-up program that prints so many rows, for tests.

    Args:
        count: how many rows
    """
    return {"exit_code": 3, "output": ROW * count}


@tool
def list_numbers(count: int) -> list[int]:
    """List the whole numbers below a limit, for tests.

    Args:
        count: the limit
    """
    return list(range(count))


@tool
def fail_loudly(count: int) -> str:
    """Fail with a message of so many rows, for tests.

    Args:
        count: how many rows
    """
    raise ValueError(ROW * count)


@pytest.fixture
def store(tmp_path: Path) -> FileEvidence:
    return FileEvidence(tmp_path, "run", model=lambda: None)


def spilling(store: FileEvidence, limit: int = 4_000) -> Toolbox:
    return SpillingTools(Tools([fetch_rows, run_program, list_numbers, fail_loudly]), store, limit_chars=limit)


async def call(store: FileEvidence, name: str, count: int, limit: int = 4_000) -> Observation:
    return await spilling(store, limit).call(Step(tool=name, arguments={"count": count}))


def preview_of(seen: Observation) -> dict[str, JsonValue]:
    assert isinstance(seen.output, dict)
    return seen.output


async def test_a_small_output_is_untouched(store: FileEvidence) -> None:
    for name in ("fetch_rows", "run_program", "list_numbers", "fail_loudly"):
        step = Step(tool=name, arguments={"count": 20})
        plain = await Tools([fetch_rows, run_program, list_numbers, fail_loudly]).call(step)
        assert await spilling(store).call(step) == plain
    assert store.handles == ()


@pytest.mark.parametrize("size", [10_000, 1_000_000])
async def test_a_large_text_leaves_a_preview_and_is_kept_whole(store: FileEvidence, size: int) -> None:
    count = size // len(ROW) + 1
    seen = await call(store, "fetch_rows", count)
    preview = preview_of(seen)
    assert seen.ok
    assert (preview["evidence"], preview["chars"], preview["lines"]) == (seen.handle, count * len(ROW), count)
    assert len(str(preview)) < 2_000
    assert (await store.read(seen.handle, count, 1)).text == ROW.rstrip()


async def test_one_large_field_is_kept_as_lines_and_the_small_ones_stay(store: FileEvidence) -> None:
    seen = await call(store, "run_program", 1_000)
    assert preview_of(seen)["exit_code"] == 3
    assert (await store.read(seen.handle, 999, 1)).text == ROW.rstrip(), "not escaped as JSON"


async def test_a_large_structure_is_kept_in_lines(store: FileEvidence) -> None:
    seen = await call(store, "list_numbers", 3_000)
    assert (await store.read(seen.handle, 2_001, 1)).text.strip() == "1999,"


async def test_a_large_failure_shows_its_ends(store: FileEvidence) -> None:
    seen = await call(store, "fail_loudly", 50, limit=500)
    assert not seen.ok
    assert len(seen.message) + len(seen.traceback) <= 500
    assert seen.handle in seen.hint
    assert ROW.strip() in (await store.read(seen.handle, 3, 1)).text


async def test_a_store_that_cannot_keep_leaves_the_ends_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    seen = await call(FileEvidence(tmp_path, "run"), "fetch_rows", 1_000)
    assert seen.handle == ""
    assert "cannot be used" in str(preview_of(seen)["note"])
    assert len(str(seen.output)) < 4_000


async def test_names_and_finding_are_those_of_the_tools_inside(store: FileEvidence) -> None:
    tools = spilling(store)
    assert [spec.name for spec in tools.specs] == ["fetch_rows", "run_program", "list_numbers", "fail_loudly"]
    assert isinstance(tools.find(Step(tool="fetch_row")), Observation)
    unknown = await tools.call(Step(tool="fetch_row"))
    assert "fetch_rows" in unknown.hint


async def test_what_is_kept_can_be_searched(store: FileEvidence) -> None:
    seen = await call(store, "fetch_rows", 1_000)
    assert (await store.search(seen.handle, "quoted row"))[0].line == 1
    with pytest.raises(Rejected):
        await store.read(seen.handle, 1_001)


async def test_readers_are_offered_once_there_is_something_to_read(store: FileEvidence):
    tools = SpillingTools(Tools([fetch_rows]), store, Tools(EvidencePack(store).tools()), limit_chars=200)
    assert [spec.name for spec in tools.specs] == ["fetch_rows"]
    seen = await tools.call(Step(tool="fetch_rows", arguments={"count": 500}))
    assert [spec.name for spec in tools.specs] == ["fetch_rows", "evidence.search", "evidence.read"]
    found = await tools.call(Step(tool="evidence_read", arguments={"handle": seen.handle, "first_line": 2}))
    assert found.ok
    wrong = await tools.call(Step(tool="evidence.search", arguments={"handle": seen.handle}))
    assert "query" in f"{wrong.message} {wrong.hint}"
