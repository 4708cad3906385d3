"""Takes secrets out of what leaves us, and leaves in what a repair needs: names, hosts, ports, paths."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from prunella.domain.frozen import JsonValue
from prunella.redaction.assignments import REDACTED, is_harmless, without_named
from prunella.redaction.keys import Secrecy, is_secret_key, secrecy_of
from prunella.redaction.patterns import without_patterns

__all__ = ["REDACTED", "Redactor", "is_secret_key"]

_SHORTEST = 4
_NAMES = ("key", "name", "setting")
_VALUES = frozenset({"value", "before", "after", "old", "new", "was", "becomes", "default", "current", "previous"})


class Redactor:
    """Replaces secrets by `[redacted]`: by known value, by look and by the name before them. Idempotent.

    `known` are values to look for; those under four characters are not: they would take half the text along.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        self._known: re.Pattern[str] | None = None
        for secret in known:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on this value, plain or escaped for a URL or JSON, is replaced wherever it stands."""
        if len(secret.strip()) < _SHORTEST or secret in REDACTED:
            return
        self._spellings |= {secret, quote(secret, safe="", errors="surrogatepass"), json.dumps(secret)[1:-1]}
        longest_first = sorted(self._spellings, key=lambda spelling: (-len(spelling), spelling))
        self._known = re.compile("|".join(_bounded(spelling) for spelling in longest_first))

    def text(self, text: str) -> str:
        """`text` without secrets; linear in its length."""
        return without_named(without_patterns(self._without_known(text)))

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
        return self._blank(value) if is_secret else self.value(value)

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
        return self._known.sub(REDACTED, text) if self._known else text


def _names_a_secret(value: dict[str, JsonValue]) -> bool:
    names = (value.get(name) for name in _NAMES)
    return any(isinstance(name, str) and is_secret_key(name) for name in names)


def _bounded(spelling: str) -> str:
    """A short word only by itself, so that the secret `root` does not blank `rootfs`."""
    escaped = re.escape(spelling)
    return rf"(?<!\w){escaped}(?!\w)" if len(spelling) < 8 and spelling.isalnum() else escaped
