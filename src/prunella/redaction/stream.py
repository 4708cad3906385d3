"""Redacting a text that comes in pieces."""

from prunella.redaction.redactor import Redactor

_MOST_HELD = 65_536


class RedactedStream:
    """Lets whole lines go, once nothing secret lies across their end; what could still become a secret is held back.

    At most 64 KiB are held; a line that is longer goes as it can be judged by then.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._held = redactor, ""

    def feed(self, piece: str) -> str:
        """What may be shown now, redacted; "" when all has to wait."""
        self._held += piece
        if len(self._held) > _MOST_HELD:
            return self.end()
        if "\n" not in piece:
            return ""
        whole, at = self._redactor.text(self._held), self._last_line()
        while at > 0:
            shown = self._redactor.text(self._held[:at])
            if shown + self._redactor.text(self._held[at:]) == whole and not _is_open(self._held[:at]):
                self._held = self._held[at:]
                return shown
            at = self._held.rfind("\n", 0, at - 1) + 1
        return ""

    def end(self) -> str:
        """The rest, redacted."""
        rest, self._held = self._held, ""
        return self._redactor.text(rest)

    def _last_line(self) -> int:
        """Where the last whole line begins, which may go on in the next: a secret may be broken over both."""
        end = self._held.rfind("\n")
        return self._held.rfind("\n", 0, end) + 1 if end >= 0 else 0


def _is_open(text: str) -> bool:
    """A private key or a manifest whose end is still to come."""
    begun = text.rfind("-----BEGIN ")
    return begun >= 0 and "PRIVATE KEY" in text[begun : begun + 60] and "-----END " not in text[begun:]
