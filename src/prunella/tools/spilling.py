"""Keeps large outputs out of the brief: what is too long goes to the evidence store, a preview stays."""

import json

from prunella.domain.evidence import Observation, Spill
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.tool import ToolSpec
from prunella.errors import Rejected, Transient
from prunella.protocols import EvidenceStore, Tool, Toolbox
from prunella.tools.names import wire_name

LIMIT_CHARS = 4_000
_LONGEST_HEAD = 600
_MOST_FIELD_SHARE = 0.8


class SpillingTools:
    """A Toolbox whose observations are never large. Outputs are kept as the tools redacted them.

    Of a failure, a large message or traceback is kept whole and shown by its ends. `readers` look into what was kept:
    they are offered once there is something to look into.
    """

    def __init__(
        self, tools: Toolbox, store: EvidenceStore, readers: Toolbox | None = None, limit_chars: int = LIMIT_CHARS
    ) -> None:
        self._tools, self._store, self._readers, self._limit = tools, store, readers, limit_chars

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        readers = self._readers.specs if self._readers and self._store.handles else ()
        return (*self._tools.specs, *readers)

    def find(self, step: Step) -> Tool | Observation:
        return self._room(step).find(step)

    def _room(self, step: Step) -> Toolbox:
        """The readers for a call of one of theirs."""
        named = {wire_name(spec.name) for spec in self._readers.specs} if self._readers else set[str]()
        return self._readers if self._readers and wire_name(step.tool) in named else self._tools

    async def call(self, step: Step) -> Observation:
        """As the tools inside do. Where the store cannot keep an output, its ends are shown and the reason."""
        seen = await self._room(step).call(step)
        if seen.handle:
            return seen
        if seen.ok:
            return await self._output(seen)
        return await self._failure(seen)

    async def _output(self, seen: Observation) -> Observation:
        if _size(seen.output) <= self._limit:
            return seen
        text, small = _text_of(seen.output, self._limit)
        try:
            spill = await self._store.keep(seen.tool, text)
        except (Rejected, Transient) as error:
            ends = _ends(text, self._limit // 2)
            return seen.model_copy(update={"output": {**small, "ends": ends, "note": f"Too long to show. {error}"}})
        return seen.model_copy(update={"output": _preview(spill, small), "handle": spill.handle})

    async def _failure(self, seen: Observation) -> Observation:
        if len(seen.message) + len(seen.traceback) <= self._limit:
            return seen
        message, traceback = _ends(seen.message, self._limit // 2), _ends(seen.traceback, self._limit // 4)
        short = seen.model_copy(update={"message": message, "traceback": traceback})
        try:
            spill = await self._store.keep(f"{seen.tool} failed", f"{seen.message}\n{seen.traceback}".rstrip("\n"))
        except (Rejected, Transient):
            return short
        told = f"{seen.hint} All of it is evidence {spill.handle}: evidence.search finds lines in it.".lstrip()
        return short.model_copy(update={"hint": told, "handle": spill.handle})


def _size(output: JsonValue) -> int:
    return len(output) if isinstance(output, str) else len(json.dumps(output, ensure_ascii=False))


def _text_of(output: JsonValue, limit: int) -> tuple[str, dict[str, JsonValue]]:
    """The text to keep, in lines, and the fields beside it that are small enough to stay."""
    if isinstance(output, str):
        return output, {}
    if isinstance(output, dict):
        name, text = max(output.items(), key=lambda item: len(item[1]) if isinstance(item[1], str) else -1)
        others: dict[str, JsonValue] = {key: value for key, value in output.items() if key != name}
        if isinstance(text, str) and _size(others) <= min(limit // 2, _size(output) * (1 - _MOST_FIELD_SHARE)):
            return text, others
    return json.dumps(output, ensure_ascii=False, indent=1), {}


def _preview(spill: Spill, others: dict[str, JsonValue]) -> JsonValue:
    return {
        **others,
        "evidence": spill.handle,
        "chars": spill.chars,
        "lines": spill.lines,
        "head": _cut(spill.head),
        "tail": _cut(spill.tail),
        "note": f'Too long to show. evidence.search(handle="{spill.handle}", query=…) finds lines in it, '
        "evidence.read shows them.",
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_HEAD else f"{text[:_LONGEST_HEAD]}…"


def _ends(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n…\n{text[-most // 2 :]}"
