"""One answer as it comes: whole in the end, bounded on the way."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from prunella.errors import Rejected

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.messages.ai import UsageMetadata
    from langchain_core.runnables import Runnable

    Asked = Runnable[Any, AIMessage]

MOST_CHARS = 400_000
_ENDINGS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "status")


class CutOff(Exception):
    """The stream ended, and the model never said that it was done."""


class Stalled(TimeoutError):
    """Nothing more came, in the middle of an answer."""


@dataclass
class Heard:
    """What came of an answer so far, in pieces. `listen` is told of each as text; `first_s` None: none came yet."""

    listen: Callable[[str], None]
    most_chars: int = MOST_CHARS
    started: float = field(default_factory=time.monotonic)
    first_s: float | None = None
    chars: int = 0
    pieces: "list[AIMessage]" = field(default_factory=list[Any])

    def take(self, piece: "AIMessage") -> None:
        """Raises Rejected when the answer has grown out of all proportion."""
        text = _text_of(piece)
        self.pieces.append(piece)
        if not text:
            return
        if self.first_s is None:
            self.first_s = time.monotonic() - self.started
        self.chars += len(text)
        if self.chars > self.most_chars:
            raise Rejected(f"the reply was cut off at {self.most_chars:,} characters; be brief")
        self.listen(text)

    @property
    def text(self) -> str:
        """All that came, as a person would have seen it."""
        return "".join(map(_text_of, self.pieces))

    @property
    def usage(self) -> "UsageMetadata | None":
        """What an answer that failed had cost by then; None: nobody said."""
        return next((piece.usage_metadata for piece in reversed(self.pieces) if piece.usage_metadata), None)

    def whole(self) -> "AIMessage":
        """The answer. Raises CutOff when the stream broke off before its end."""
        from langchain_core.messages import AIMessageChunk

        chunks = [piece for piece in self.pieces if isinstance(piece, AIMessageChunk)]
        if len(chunks) < len(self.pieces):
            return self.pieces[-1]
        merged = chunks[0] + chunks[1:] if chunks else AIMessageChunk(content="")  # pyright: ignore[reportOperatorIssue] - a list of chunks is merged at once
        if not any(merged.response_metadata.get(ending) for ending in _ENDINGS):
            raise CutOff("the answer broke off")
        return _message_of(merged)


async def hear_stream(asked: "Asked", messages: Any, heard: Heard, idle_s: float) -> "AIMessage":
    """The whole answer of a model that is asked for it piece by piece; one that cannot stream gives it at once.

    Raises Stalled when `idle_s` seconds pass between two pieces, CutOff, and whatever the client raises.
    """
    stream = cast("AsyncGenerator[AIMessage]", asked.astream(messages))
    idle = asyncio.timeout(None)
    try:
        async with idle:
            async for piece in stream:
                heard.take(piece)
                if heard.first_s is not None:
                    idle.reschedule(asyncio.get_running_loop().time() + idle_s)
                    await asyncio.sleep(0)  # a flood must not keep the timeouts, or anybody else, from their turn
    except TimeoutError as error:
        if idle.expired():
            raise Stalled(f"nothing more came for {idle_s:g} s") from error
        raise
    finally:
        await stream.aclose()
    return heard.whole()


async def hear_whole(asked: "Asked", messages: Any, heard: Heard) -> "AIMessage":
    """The answer of a model that is asked for it in one piece."""
    reply = await asked.ainvoke(messages)
    heard.take(reply)
    return reply


def _text_of(piece: "AIMessage") -> str:
    """What a person would see come: words, and the arguments of calls."""
    from langchain_core.messages import AIMessageChunk

    if isinstance(piece, AIMessageChunk):
        calls = "".join(f"{call['name'] or ''}{call['args'] or ''}" for call in piece.tool_call_chunks)
    else:
        calls = "".join(f"{call['name']}{json.dumps(call['args'])}" for call in piece.tool_calls)
    return str(piece.text) + calls


def _message_of(merged: "AIMessageChunk") -> "AIMessage":
    """The message that was streamed. Arguments that are no whole JSON object are a fault and not, as LangChain would
    have it, the part of them that can be read.
    """
    from langchain_core.messages import AIMessage
    from langchain_core.messages.tool import invalid_tool_call, tool_call

    message = AIMessage(
        content=merged.content,
        usage_metadata=merged.usage_metadata,
        response_metadata=merged.response_metadata,
        id=merged.id,
    )
    for call in merged.tool_call_chunks:
        name, given = call["name"] or "", _object_in(call["args"] or "{}")
        if given is None:
            broken = invalid_tool_call(name=name, args=call["args"], id=call["id"], error="no whole JSON object")
            message.invalid_tool_calls.append(broken)
        else:
            message.tool_calls.append(tool_call(name=name, args=given, id=call["id"]))
    return message


def _object_in(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
