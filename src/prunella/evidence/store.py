"""Large texts of one run as files: out of memory and out of the brief, found again by handle."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TypeVar

from prunella.domain.evidence import Snippet, Spill
from prunella.errors import Misuse, Rejected, Transient
from prunella.evidence.blocks import ends_of
from prunella.evidence.drafts import Draft, write_private
from prunella.evidence.focus import BUDGET_CHARS, cleaned, focus
from prunella.evidence.sealed import KeptFile
from prunella.evidence.texts import KeptText, Label
from prunella.nearest import did_you_mean
from prunella.retrieval.model import MiniLm, load_model
from prunella.sealing import Sealer, opened

T = TypeVar("T")

_TIMEOUT_S = 180.0
_CHUNK_BYTES = 1 << 20
_END_BYTES = 4_096
_END_LINES = 5
_RUN = re.compile(r"\w[\w.-]*")
_HANDLE_DIGITS = 6
_LABELS = (_PLAIN, _SEALED) = (".json", ".sealed")


class FileEvidence:
    """An EvidenceStore below `folder`, for its owner's eyes only; reopened with the same folder and run, it knows its
    texts again. What is shown of them goes through `redact`; the files hold what was given, sealed where there is a
    `sealer`.

    Raises Misuse for a run that is no name, and for a text whose key is missing.
    """

    def __init__(
        self,
        folder: Path,
        run: str,
        *,
        redact: Callable[[str], str] = str,
        model: Callable[[], MiniLm | None] = load_model,
        sealer: Sealer | None = None,
    ) -> None:
        if not _RUN.fullmatch(run):
            raise Misuse(f"{run!r} is no name of a run: use letters, digits, dots and dashes.")
        self._folder, self._redact, self._model, self._sealer = folder / run, redact, model, sealer
        self._texts: dict[str, KeptText] = {}

    @property
    def handles(self) -> tuple[str, ...]:
        """Of all texts that are kept, sorted."""
        return tuple(sorted({path.stem for end in _LABELS for path in self._folder.glob(f"ev-*{end}")}))

    async def keep(self, source: str, text: str) -> Spill:
        return await self._within(lambda stopped: self._keep(source, _pieces(text), stopped))

    async def keep_file(self, source: str, path: Path) -> Spill:
        """A copy of the file as it is now, never held whole. Raises Rejected when it cannot be read or there is no
        room for it.
        """
        return await self._within(lambda stopped: self._keep(source, _content(path), stopped))

    async def keep_chunks(self, source: str, chunks: AsyncIterable[str]) -> Spill:
        """A text that comes in pieces, never held whole. What brings the pieces sets the pace: no limit of time."""
        with _disk_faults(), Draft.open(self._folder, self._sealer) as draft:
            async for chunk in chunks:
                await asyncio.to_thread(draft.write, chunk.encode("utf-8", "replace"))
            return await asyncio.to_thread(self._settle, source, draft)

    async def search(self, handle: str, query: str, most: int = 5) -> tuple[Snippet, ...]:
        text = self._text(handle)
        return await self._within(lambda stopped: text.search(query, most, self._model(), stopped))

    async def read(self, handle: str, first_line: int, lines: int = 100) -> Snippet:
        text = self._text(handle)
        return await self._within(lambda _: text.read(first_line, lines))

    async def focus(self, handle: str, query: str, budget_chars: int = BUDGET_CHARS) -> str:
        """The excerpt for a brief: numbered lines, the ends and those likely to be the cause. Raises Rejected."""
        file = self._text(handle).file
        return await self._within(lambda stopped: focus(file, query, budget_chars, stopped, self._redact))

    def forget(self) -> None:
        """Deletes all texts of the run; idempotent."""
        self._texts.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, source: str, chunks: Iterable[bytes], stopped: Event) -> Spill:
        with Draft.open(self._folder, self._sealer) as draft:
            for chunk in chunks:
                if stopped.is_set():
                    break
                draft.write(chunk)
            return self._settle(source, draft)

    def _settle(self, source: str, draft: Draft) -> Spill:
        """Gives the draft its handle; the same content has it already."""
        digest = self._sealer.digest(draft.digest.encode()) if self._sealer else draft.digest
        handle = self._handle(digest)
        if self._label(handle) is None:
            file = KeptFile(self._folder / f"{handle}.txt", self._sealer)
            draft.publish(file.path)
            self._write_label(Label(source=source, sha256=digest, spill=self._spill(handle, file, draft)))
        return self._text(handle).label.spill

    def _handle(self, digest: str) -> str:
        """As short as it can be while no other text has it."""
        for digits in range(_HANDLE_DIGITS, len(digest)):
            handle = f"ev-{digest[:digits]}"
            label = self._label(handle)
            if label is None or label.sha256 == digest:
                return handle
        return f"ev-{digest}"

    def _spill(self, handle: str, file: KeptFile, draft: Draft) -> Spill:
        head, tail = (self._redact("\n".join(end)).split("\n") for end in ends_of(file, _END_BYTES))
        return Spill(
            handle=handle,
            chars=draft.chars,
            lines=draft.lines,
            head="\n".join(cleaned(line, self._redact) for line in head[:_END_LINES]),
            tail="\n".join(cleaned(line, self._redact) for line in tail[-_END_LINES:]),
        )

    def _text(self, handle: str) -> KeptText:
        """Raises Rejected for one that is not kept here, with those that are."""
        if handle not in self.handles:
            known = f"Known are {', '.join(self.handles)}." if self.handles else "Nothing is kept in this run."
            guess = did_you_mean(handle, self.handles)
            raise Rejected(f"There is no evidence {handle[:100]!r}. {guess or known}")
        label = self._label(handle)
        if handle not in self._texts and label is not None:
            is_sealed = (self._folder / f"{handle}{_SEALED}").exists()
            file = KeptFile(self._folder / f"{handle}.txt", self._sealer if is_sealed else None)
            self._texts[handle] = KeptText(file, label, self._redact)
        return self._texts[handle]

    def _label(self, handle: str) -> Label | None:
        """None where no text has that handle."""
        for end in _LABELS:
            with suppress(FileNotFoundError):
                content = (self._folder / f"{handle}{end}").read_bytes()
                plain = opened(self._sealer, content, _place(handle)) if end == _SEALED else content
                return Label.model_validate_json(plain)
        return None

    def _write_label(self, label: Label) -> None:
        content, handle = label.model_dump_json().encode(), label.spill.handle
        if self._sealer is None:
            write_private(self._folder / f"{handle}{_PLAIN}", content)
        else:
            write_private(self._folder / f"{handle}{_SEALED}", self._sealer.seal(content, _place(handle)))

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


def _place(handle: str) -> str:
    return f"The label of {handle}"


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
