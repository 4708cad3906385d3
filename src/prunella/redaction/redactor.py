"""Takes secrets out of what leaves us, and leaves in what a repair needs: names, hosts, ports, paths."""

import re
from collections.abc import Iterable

from prunella.domain.frozen import JsonValue
from prunella.redaction.assignments import REDACTED, is_harmless, without_named
from prunella.redaction.keys import Secrecy, is_secret_key, secrecy_of
from prunella.redaction.patterns import without_patterns
from prunella.redaction.randomness import without_random
from prunella.redaction.spellings import Spelling, broken_pattern, spellings_of, squeezed

__all__ = ["REDACTED", "Redactor", "is_secret_key"]

_SHORTEST = 4
_LEAST_BROKEN = 8
_NAMES = ("key", "name", "setting")
_VALUES = frozenset({"value", "before", "after", "old", "new", "was", "becomes", "default", "current", "previous"})


class Redactor:
    """Replaces secrets by `[redacted]`: by known value, by look, by the name before them and by randomness. Idempotent.

    `known` are values to look for; those under four characters are not: they would take half the text along.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: dict[str, tuple[Spelling, ...]] = {}
        for secret in known:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on this value is replaced wherever it stands: plain, escaped for JSON, a URL, HTML, a shell or
        Python, in base64 or hex, also within something longer, or broken over lines. Safe from any thread.
        """
        if len(secret.strip()) >= _SHORTEST and secret not in REDACTED and secret not in self._known:
            self._known = {**self._known, secret: spellings_of(secret)}

    def text(self, text: str) -> str:
        """`text` without secrets; linear in its length."""
        return self._text(text, "")

    def _text(self, text: str, about: str) -> str:
        """`about` is the name under which it stands ("": none)."""
        return without_random(without_named(without_patterns(self._without_known(text))), about)

    def value(self, value: JsonValue) -> JsonValue:
        """The same shape without secrets: below a secret name all texts and numbers are replaced.

        `{"key": "DB_PASSWORD", "value": …}` counts as a name and its value.
        """
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.value(item) for item in value]
            case dict():
                hidden = _VALUES if _names_a_secret(value) else frozenset[str]()
                return {key: self._field(key, item, is_hidden=key in hidden) for key, item in value.items()}
            case _:
                return value

    def _field(self, key: str, value: JsonValue, *, is_hidden: bool) -> JsonValue:
        is_secret = is_hidden or secrecy_of(key) is Secrecy.STRONG
        is_secret = is_secret or (is_secret_key(key) and isinstance(value, str) and len(value) >= _SHORTEST)
        if is_secret:
            return self._blank(value)
        return self._text(value, key) if isinstance(value, str) else self.value(value)

    def _blank(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self._without_known(value) if is_harmless(value) else REDACTED
            case int() | float() if not isinstance(value, bool):
                return REDACTED
            case list():
                return [self._blank(item) for item in value]
            case dict():
                return {key: self._blank(item) for key, item in value.items()}
            case _:
                return value

    def _without_known(self, text: str) -> str:
        """Looks for the telltales first: most texts hold none, and that is found out fastest."""
        known, joined = self._known, squeezed(text)
        found = [each for spellings in known.values() for each in spellings if each.telltale in text]
        patterns = [each.pattern for each in sorted(found, key=lambda each: -len(each.telltale))]
        if joined != text:
            broken = (secret for secret in known if len(secret) >= _LEAST_BROKEN and secret in joined)
            patterns += [broken_pattern(secret) for secret in sorted(broken, key=len, reverse=True)]
        return re.sub("|".join(patterns), REDACTED, text) if patterns else text


def _names_a_secret(value: dict[str, JsonValue]) -> bool:
    names = (value.get(name) for name in _NAMES)
    return any(isinstance(name, str) and is_secret_key(name) for name in names)
