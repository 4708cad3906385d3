"""What the timeline is told of calls of models; nothing of it ever holds a key."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from prunella.brains.chat.streaming import Heard
from prunella.domain.frozen import JsonValue
from prunella.domain.run import EventKind
from prunella.domain.usage import Usage
from prunella.protocols import Emit
from prunella.redaction.redactor import Redactor
from prunella.silence import silent

_EVERY_S = 0.05
_LONGEST_WORD, _HELD = 400, 24


@dataclass
class Teller:
    """Tells of one brain's calls in the words of `role` (plan, act, judge, summarise).

    `capture` True: prompts and replies too, redacted.
    """

    brain: str
    emit: Emit = silent
    role: str = "plan"
    capture: bool = False
    redactor: Redactor = field(default_factory=Redactor)
    provider: str = ""
    model: str = ""

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are replaced wherever they stand."""
        for secret in secrets:
            self.redactor.learn(secret)

    def tell_call(self, usage: Usage, heard: Heard, *, way: str, error: str, prompt: str, reply: str) -> None:
        """One call has ended; `error` "" says well."""
        captured = {"prompt": self.redactor.text(prompt), "reply": self.redactor.text(reply)} if self.capture else {}
        data: dict[str, JsonValue] = {
            "brain": self.brain,
            "provider": self.provider,
            "model": self.model,
            "way": way,
            "role": self.role,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "dollars": None if usage.unpriced else usage.dollars,
            "seconds": round(usage.seconds, 3),
            "first_token_s": None if heard.first_s is None else round(heard.first_s, 3),
            "error": error,
            **captured,
        }
        self.emit(EventKind.MODEL, self.role, f"{self.model or self.brain}: {_line(usage, error)}", **data)

    def tell_piece(self, text: str) -> None:
        self.emit(EventKind.TOKENS, self.role, "", text=self.redactor.text(text), brain=self.brain)


class Pieces:
    """Gathers what streams in and tells it at most twenty times a second, in whole words and a little late: a secret
    that was cut in two, or parted from its name, could not be seen.
    """

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._text = ""
        self._told = 0.0

    def add(self, text: str) -> None:
        self._text += text
        now = time.monotonic()
        if now - self._told < _EVERY_S:
            return
        ready = self._text[: max(0, len(self._text) - _HELD)]
        end = max(ready.rfind(" "), ready.rfind("\n")) + 1 or (len(ready) if len(ready) > _LONGEST_WORD else 0)
        if end and self._parts_nothing(end):
            self._told = now
            self._tell(end)

    def end(self) -> None:
        self._tell(len(self._text))

    def _parts_nothing(self, end: int) -> bool:
        redacted = self._teller.redactor.text
        return redacted(self._text[:end]) + redacted(self._text[end:]) == redacted(self._text)

    def _tell(self, end: int) -> None:
        told, self._text = self._text[:end], self._text[end:]
        if told:
            self._teller.tell_piece(told)


def _line(usage: Usage, error: str) -> str:
    took = f"{usage.seconds:.1f} s"
    if error:
        return f"failed after {took}: {error}"
    return f"{took}, {usage.input_tokens:,} + {usage.output_tokens:,} tokens, {_price(usage)}"


def _price(usage: Usage) -> str:
    if usage.unpriced:
        return "price unknown"
    if not usage.dollars:
        return "no charge"
    return f"${usage.dollars:.2g}" if usage.dollars < 0.1 else f"${usage.dollars:.2f}"  # two digits either way
