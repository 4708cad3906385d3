"""Large texts of one run as files: out of memory and out of the brief, found again by handle."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TypeVar

from prunella.domain.evidence import Snippet, Spill
from prunella.errors import Misuse, Rejected, Transient
from prunella.evidence.blocks import ends_of
from prunella.evidence.drafts import Draft, write_private
from prunella.evidence.focus import BUDGET_CHARS, focus, shortened
from prunella.evidence.texts import KeptText, Label
from prunella.nearest import did_you_mean
from prunella.retrieval.model import MiniLm, load_model

T = TypeVar("T")

_TIMEOUT_S = 180.0
_CHUNK_BYTES = 1 << 20
_END_BYTES = 4_096
_END_LINES = 5
_RUN = re.compile(r"\w[\w.-]*")
_HANDLE_DIGITS = 6


class FileEvidence:
    """An EvidenceStore below `folder`, for its owner's eyes only; reopened with the same folder and run, it knows its
    texts again. What is shown of them goes through `redact`; the files hold what was given.

    Raises Misuse for a run that is no name.
    """

    def __init__(
        self,
        folder: Path,
        run: str,
        *,
        redact: Callable[[str], str] = str,
        model: Callable[[], MiniLm | None] = load_model,
    ) -> None:
        if not _RUN.fullmatch(run):
            raise Misuse(f"{run!r} is no name of a run: use letters, digits, dots and dashes.")
        self._folder, self._redact, self._model = folder / run, redact, model
        self._texts: dict[str, KeptText] = {}

    @property
    def handles(self) -> tuple[str, ...]:
        """Of all texts that are kept, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("ev-*.json")))

    async def keep(self, source: str, text: str) -> Spill:
        return await self._within(lambda stopped: self._keep(source, _pieces(text), stopped))

    async def keep_file(self, source: str, path: Path) -> Spill:
        """A copy of the file as it is now, never held whole. Raises Rejected when it cannot be read or there is no
        room for it.
        """
        return await self._within(lambda stopped: self._keep(source, _content(path), stopped))

    async def keep_chunks(self, source: str, chunks: AsyncIterable[str]) -> Spill:
        """A text that comes in pieces, never held whole. What brings the pieces sets the pace: no limit of time."""
        with _disk_faults(), Draft.open(self._folder) as draft:
            async for chunk in chunks:
                await asyncio.to_thread(draft.write, chunk.encode("utf-8", "replace"))
            return await asyncio.to_thread(self._settle, source, draft)

    async def search(self, handle: str, query: str, most: int = 5) -> tuple[Snippet, ...]:
        text = self._text(handle)
        found = await self._within(lambda stopped: text.search(query, most, self._model(), stopped))
        return tuple(self._shown(snippet) for snippet in found)

    async def read(self, handle: str, first_line: int, lines: int = 100) -> Snippet:
        text = self._text(handle)
        return self._shown(await self._within(lambda _: text.read(first_line, lines)))

    async def focus(self, handle: str, query: str, budget_chars: int = BUDGET_CHARS) -> str:
        """The excerpt for a brief: numbered lines, the ends and those likely to be the cause. Raises Rejected."""
        path = self._text(handle).path
        return self._redact(await self._within(lambda stopped: focus(path, query, budget_chars, stopped)))

    def forget(self) -> None:
        """Deletes all texts of the run; idempotent."""
        self._texts.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, source: str, chunks: Iterable[bytes], stopped: Event) -> Spill:
        with Draft.open(self._folder) as draft:
            for chunk in chunks:
                if stopped.is_set():
                    break
                draft.write(chunk)
            return self._settle(source, draft)

    def _settle(self, source: str, draft: Draft) -> Spill:
        """Gives the draft its handle; the same content has it already."""
        handle = self._handle(draft.digest)
        label = self._folder / f"{handle}.json"
        if not label.exists():
            path = self._folder / f"{handle}.txt"
            draft.publish(path)
            written = Label(source=source, sha256=draft.digest, spill=self._spill(handle, path, draft))
            write_private(label, written.model_dump_json())
        return self._text(handle).label.spill

    def _handle(self, sha256: str) -> str:
        """As short as it can be while no other text has it."""
        for digits in range(_HANDLE_DIGITS, len(sha256)):
            handle = f"ev-{sha256[:digits]}"
            path = self._folder / f"{handle}.json"
            if not path.exists() or Label.model_validate_json(path.read_bytes()).sha256 == sha256:
                return handle
        return f"ev-{sha256}"

    def _spill(self, handle: str, path: Path, draft: Draft) -> Spill:
        head, tail = ends_of(path, _END_BYTES)
        return Spill(
            handle=handle,
            chars=draft.chars,
            lines=draft.lines,
            head=self._redact("\n".join(map(shortened, head[:_END_LINES]))),
            tail=self._redact("\n".join(map(shortened, tail[-_END_LINES:]))),
        )

    def _text(self, handle: str) -> KeptText:
        """Raises Rejected for one that is not kept here, with those that are."""
        path = self._folder / f"{handle}.json"
        if handle not in self.handles:
            known = f"Known are {', '.join(self.handles)}." if self.handles else "Nothing is kept in this run."
            guess = did_you_mean(handle, self.handles)
            raise Rejected(f"There is no evidence {handle[:100]!r}. {guess or known}")
        if handle not in self._texts:
            self._texts[handle] = KeptText(path.with_suffix(".txt"), Label.model_validate_json(path.read_bytes()))
        return self._texts[handle]

    def _shown(self, snippet: Snippet) -> Snippet:
        return snippet.model_copy(update={"text": self._redact(snippet.text)})

    async def _within(self, work: Callable[[Event], T]) -> T:
        """What `work` brings, from a thread that stops when we do."""
        stopped = Event()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                with _disk_faults():
                    return await asyncio.to_thread(work, stopped)
        except TimeoutError as error:
            raise Transient(f"The evidence was not read within {_TIMEOUT_S:g} s: the disk is slow.") from error
        finally:
            stopped.set()


def _pieces(text: str) -> Iterator[bytes]:
    for start in range(0, len(text), _CHUNK_BYTES):
        yield text[start : start + _CHUNK_BYTES].encode("utf-8", "replace")


def _content(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            left = path.stat().st_size
            while left > 0 and (data := file.read(min(left, _CHUNK_BYTES))):
                left -= len(data)
                yield data
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _disk_faults() -> Generator[None]:
    """The state folder may be full or gone: that is no reason to fall over."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        raise Rejected(f"The evidence folder cannot be used: {error}.") from error
