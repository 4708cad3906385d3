"""A failed call as an observation: what was raised, where, in words that a brain can use."""

import json
import re
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.errors import PrunellaError
from prunella.tools.contract import must_be_json

_OWN = Path(__file__).parents[1]
_PACKS = Path(__file__).parent / "packs"
_NOISE = (str(_OWN), *(sysconfig.get_paths()[key] for key in ("stdlib", "purelib", "platlib")), "<frozen ")
_MOST_FRAMES = 8
_MOST_CHARACTERS = 2000
_MOST_READ = 100_000
_MOST_CAUSES = 8


class Redacts(Protocol):
    """Takes secrets out."""

    def text(self, text: str) -> str: ...

    def value(self, value: JsonValue) -> JsonValue: ...


class Unredacted:
    """Takes nothing out."""

    def text(self, text: str) -> str:
        return text

    def value(self, value: JsonValue) -> JsonValue:
        return value


_ADVERTISED = re.compile(r"\nFor more information check: https?://\S+")  # httpx says so of every status


def observe_failure(name: str, step: Step, error: Exception, redacts: Redacts) -> Observation:
    """Redacted and trimmed. An error of our own says all there is in its message; others show where they arose, and
    those of an HTTP client what the server answered.
    """
    raised = traceback.TracebackException.from_exception(error)
    answered = "" if isinstance(error, PrunellaError) else _answered(error)
    message = redacts.text(clean(f"{_ADVERTISED.sub('', str(raised))}{answered}"[:_MOST_READ]))
    frames = "" if isinstance(error, PrunellaError) else redacts.text(clean(_frames(raised)[-_MOST_READ:]))
    return Observation(
        tool=name,
        arguments=redacted_arguments(step, redacts),
        ok=False,
        error=type(error).__name__,
        message=_head(message) or "no message",
        traceback=frames[-_MOST_CHARACTERS:],
        hint=redacts.text(str(getattr(error, "hint", ""))) if isinstance(error, PrunellaError) else "",
    )


def redacted_arguments(step: Step, redacts: Redacts) -> dict[str, JsonValue]:
    """What was given, with secrets taken out; half surrogate pairs become question marks, what is still no JSON {}."""
    try:
        given = json.loads(clean(json.dumps(step.arguments, ensure_ascii=False)))
        must_be_json(given)
    except (ValueError, RecursionError):
        return {}
    shown = redacts.value(given)
    return shown if isinstance(shown, dict) else {}


def clean(text: str) -> str:
    """Text that every JSON writer takes: without half surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def _answered(error: Exception) -> str:
    """What a server answered, as httpx and requests keep it with their errors; "" where it was not read."""
    try:
        response: Any = next(each.response for each in _causes(error) if hasattr(each, "response"))
        if getattr(response, "_content", None) is False:  # requests would go and read it now
            return ""
        body, wait = response.content[:_MOST_READ].decode(errors="replace").strip(), response.headers.get("retry-after")
    except Exception:  # noqa: BLE001 - nothing was answered, nobody read it, or it only looks like an answer
        return ""
    return (f"\nRetry-After: {wait}" if wait else "") + (f"\n{body}" if body else "")


def _causes(error: BaseException | None) -> Iterator[Any]:
    """The error, and what it says it was raised from."""
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__


def _frames(raised: traceback.TracebackException) -> str:
    telling = [frame for frame in raised.stack if not _is_noise(frame.filename)] or list(raised.stack)
    shown = "".join(traceback.StackSummary.from_list(telling[-_MOST_FRAMES:]).format())
    last = list(raised.format_exception_only())[-1]
    cause = raised.__cause__
    return f"{shown}{last}" + (f"caused by {list(cause.format_exception_only())[-1]}" if cause else "")


def _is_noise(filename: str) -> bool:
    return filename.startswith(_NOISE) and not filename.startswith(str(_PACKS))


def _head(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
