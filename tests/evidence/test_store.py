"""What is kept is found again, by its owner only, until the run is forgotten."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from prunella.errors import Misuse, Rejected
from prunella.evidence.store import FileEvidence
from prunella.protocols import EvidenceStore

CORE = "could not open TLS key /etc/ssl/x.pem: permission denied"


def log(lines: int, place: int) -> str:
    rows = [f"2025-03-07 10:00:{n % 60:02} INFO GET /orders/{n} 200 in {n % 97} ms" for n in range(1, lines + 1)]
    rows[place - 1] = CORE
    return "\n".join(rows) + "\n"


@pytest.fixture
def store(tmp_path: Path) -> FileEvidence:
    return FileEvidence(tmp_path / "evidence", "run-1", model=lambda: None)


async def test_a_kept_text_is_found_and_read(store: FileEvidence) -> None:
    known: EvidenceStore = store
    spill = await known.keep("app.log", log(5_000, 3_210))
    found = await known.search(spill.handle, "permissions of the TLS key")
    assert found[0].line == 3_208
    assert found[0].text.split("\n")[2] == CORE
    read = await known.read(spill.handle, 3_210, 1)
    assert (read.line, read.text) == (3_210, CORE)
    assert CORE in await store.focus(spill.handle, "the shop is down")


async def test_the_spill_says_what_it_looks_like(store: FileEvidence) -> None:
    text = "ärger\n" * 2_000 + "last"
    spill = await store.keep("out", text)
    assert (spill.chars, spill.lines) == (len(text), 2_001)
    assert spill.head.startswith("ärger\närger")
    assert spill.tail.endswith("last")


async def test_the_same_text_has_the_same_handle_and_another_has_not(store: FileEvidence) -> None:
    first, again, other = await store.keep("a", "x\n"), await store.keep("b", "x\n"), await store.keep("a", "y\n")
    assert first == again
    assert first.handle != other.handle
    assert store.handles == tuple(sorted((first.handle, other.handle)))


async def test_it_survives_a_restart_and_is_gone_when_forgotten(store: FileEvidence, tmp_path: Path) -> None:
    spill = await store.keep("a", log(2_000, 7))
    again = FileEvidence(tmp_path / "evidence", "run-1", model=lambda: None)
    assert (await again.read(spill.handle, 7, 1)).text == CORE
    other = FileEvidence(tmp_path / "evidence", "run-2", model=lambda: None)
    assert other.handles == ()
    again.forget()
    again.forget()
    assert not (tmp_path / "evidence" / "run-1").exists()
    with pytest.raises(Rejected, match="Nothing is kept"):
        await store.read(spill.handle, 1)


async def test_only_the_owner_may_look(store: FileEvidence, tmp_path: Path) -> None:
    await store.keep("a", "secret\n")
    folder = tmp_path / "evidence" / "run-1"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.suffix for path in folder.iterdir()} == {".txt", ".json"}, "no draft is left"


async def test_all_ways_to_keep_agree(store: FileEvidence, tmp_path: Path) -> None:
    text = log(3_000, 5)
    path = tmp_path / "app.log"
    path.write_text(text, encoding="utf-8")

    async def pieces() -> AsyncIterator[str]:
        for start in range(0, len(text), 777):
            yield text[start : start + 777]

    assert await store.keep("a", text) == await store.keep_file("a", path) == await store.keep_chunks("a", pieces())


async def test_a_broken_stream_leaves_nothing(store: FileEvidence, tmp_path: Path) -> None:
    async def breaks() -> AsyncIterator[str]:
        yield "some\n"
        raise ConnectionAbortedError

    with pytest.raises(Rejected):
        await store.keep_chunks("a", breaks())
    assert list((tmp_path / "evidence" / "run-1").iterdir()) == []


@pytest.mark.parametrize("handle", ["ev-000000", "../run-2/ev-000000", "", "*"])
async def test_an_unknown_handle_is_answered_with_the_known(store: FileEvidence, handle: str) -> None:
    spill = await store.keep("a", "x\n")
    for call in (store.search(handle, "x"), store.read(handle, 1), store.focus(handle, "x")):
        with pytest.raises(Rejected, match=spill.handle):
            await call


async def test_lines_past_the_end_are_refused(store: FileEvidence) -> None:
    spill = await store.keep("a", "one\ntwo\n")
    assert (await store.read(spill.handle, 2, 50)).text == "two"
    for line in (0, 3):
        with pytest.raises(Rejected, match="lines 1 to 2"):
            await store.read(spill.handle, line)


async def test_what_is_shown_is_redacted(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path, "run", redact=lambda text: text.replace("hunter2", "[redacted]"))
    spill = await store.keep("a", "password is hunter2\n" + log(200, 9) + "bye hunter2\n")
    shown = [spill.head, spill.tail, (await store.read(spill.handle, 1)).text]
    shown += [each.text for each in await store.search(spill.handle, "password")]
    shown.append(await store.focus(spill.handle, "password"))
    assert all("hunter2" not in each for each in shown)
    assert "[redacted]" in spill.head


def test_a_run_is_a_name(tmp_path: Path) -> None:
    for run in ("../up", "", "a/b"):
        with pytest.raises(Misuse):
            FileEvidence(tmp_path, run)


async def test_nothing_is_found_for_words_that_are_not_there(store: FileEvidence) -> None:
    spill = await store.keep("a", log(100, 3))
    assert await store.search(spill.handle, "printer toner") == ()
    assert await store.search(spill.handle, "") == ()


async def test_a_file_that_cannot_be_read_is_refused(store: FileEvidence, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="nowhere"):
        await store.keep_file("a", tmp_path / "nowhere.log")


async def test_lines_at_the_borders_of_blocks_have_their_numbers(store: FileEvidence) -> None:
    spill = await store.keep("a", log(200_000, 150_001))
    found = (await store.search(spill.handle, "TLS"))[0]
    assert found.line == 149_999
    for line in (1, 90_000, 199_999):
        assert f"/orders/{line} " in (await store.read(spill.handle, line, 1)).text


@pytest.mark.heavy
async def test_a_gigabyte_is_kept_searched_and_cut_down(store: FileEvidence, tmp_path: Path) -> None:
    path, block = tmp_path / "big.log", log(100_000, 1).replace(CORE, "start").encode()
    with path.open("wb") as file:
        for number in range(10**9 // len(block)):
            file.write(block)
            if number == 50:
                file.write(f"{CORE}\n".encode())
    spill = await store.keep_file("big.log", path)
    started = time.monotonic()
    async with asyncio.timeout(120):
        found = await store.search(spill.handle, "permission denied")
        assert CORE in found[0].text
        assert CORE in await store.focus(spill.handle, "the shop is down")
    assert time.monotonic() - started < 120
