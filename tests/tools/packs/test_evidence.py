"""A brain can look into what was put away, and an invented handle is answered."""

from pathlib import Path

import pytest

from prunella.domain.evidence import Observation
from prunella.domain.plan import Step
from prunella.domain.tool import Risk
from prunella.evidence.store import FileEvidence
from prunella.tools.packs.evidence import EvidencePack
from prunella.tools.toolbox import Tools


@pytest.fixture
def store(tmp_path: Path) -> FileEvidence:
    return FileEvidence(tmp_path, "run", model=lambda: None)


async def call(store: FileEvidence, name: str, **arguments: str | int) -> Observation:
    return await Tools(EvidencePack(store).tools()).call(Step(tool=name, arguments=dict(arguments)))


async def test_it_searches_and_reads_with_line_numbers(store: FileEvidence) -> None:
    spill = await store.keep("log", "\n".join(f"row {n} ok" for n in range(500)) + "\nbind: address in use\n")
    found = await call(store, "evidence.search", handle=spill.handle, query="address")
    assert "501: bind: address in use" in str(found.output)
    read = await call(store, "evidence.read", handle=spill.handle, first_line=3, lines=2)
    assert read.output == "3: row 2 ok\n4: row 3 ok"
    none = await call(store, "evidence.search", handle=spill.handle, query="printer")
    assert none.ok
    assert "No line" in str(none.output)


async def test_an_unknown_handle_is_a_failure_that_names_the_known(store: FileEvidence) -> None:
    spill = await store.keep("log", "x\n")
    for name, more in (("evidence.search", {"query": "x"}), ("evidence.read", {"first_line": 1})):
        seen = await call(store, name, handle="ev-none", **more)
        assert not seen.ok
        assert spill.handle in seen.message


async def test_answers_stay_small(store: FileEvidence) -> None:
    spill = await store.keep("log", "word " * 300 + "\n" + ("word " * 300 + "\n") * 99)
    seen = await call(store, "evidence.read", handle=spill.handle, first_line=1, lines=100)
    assert len(str(seen.output)) < 4_000


def test_both_only_read(store: FileEvidence) -> None:
    assert {each.spec.risk for each in EvidencePack(store).tools()} == {Risk.READ}
