"""A known secret in every spelling that programs give it: plain, escaped, encoded, or broken over lines."""

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

_SHORT = 8
"""A shorter word counts only by itself, so that the secret `root` does not blank `rootfs`."""

_LEAST_CORE = 8
"""So many characters of an encoding must be sure before it is looked for."""

_BREAK = re.compile(r"[\"']?(?:\\?\r?\n|\\r\\n|\\n)[ \t]*(?:[>|+#][ \t]+)?[\"']?")
_OPTIONAL_BREAK = f"(?:{_BREAK.pattern})?"


@dataclass(frozen=True)
class Spelling:
    """`telltale` stands in a text that may hold it, and `pattern` is what is replaced then."""

    telltale: str
    pattern: str


def spellings_of(secret: str) -> tuple[Spelling, ...]:
    """All but those broken over lines, each once."""
    literal = (Spelling(text, _bounded(text)) for text in _escaped(secret))
    encoded = _encoded(secret.encode("utf-8", "surrogatepass"))
    return tuple(dict.fromkeys((*literal, *_percent(secret), *encoded)))


def squeezed(text: str) -> str:
    """`text` without its line breaks, and without what programs put around them when they wrap."""
    return _BREAK.sub("", text) if "\n" in text or "\\n" in text else text


def broken_pattern(secret: str) -> str:
    """Matches the secret with line breaks anywhere in it."""
    return _OPTIONAL_BREAK.join(re.escape(char) for char in secret)


def _escaped(secret: str) -> Iterator[str]:
    yield secret
    for quoted in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield quoted[1:-1]
        yield json.dumps(quoted)[1:-1].removeprefix('\\"').removesuffix('\\"')
        yield quoted[1:-1].replace("/", r"\/")
    yield from (html.escape(secret), html.escape(secret, quote=False), repr(secret)[1:-1])
    yield shlex.quote(secret).removeprefix("'").removesuffix("'")
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret, flags=re.ASCII)


def _percent(secret: str) -> Iterator[Spelling]:
    """As URLs and forms have it, whatever the case of the hex digits."""
    for safe in ("", "/", "~/:@!$&'()*+,;="):
        text = quote(secret, safe=safe, errors="surrogatepass")
        for spaced in dict.fromkeys((text, text.replace("%20", "+"))):
            if spaced != secret:
                pieces = re.split(r"(%[0-9A-F]{2})", spaced)
                pattern = "".join(
                    f"(?i:{piece})" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
                )
                yield Spelling(max(pieces[::2], key=len), pattern)


def _encoded(raw: bytes) -> Iterator[Spelling]:
    """Hex, and base64 at each of the three places where it may begin within something longer."""
    if 2 * len(raw) >= _LEAST_CORE:
        yield from (Spelling(text, re.escape(text)) for text in (raw.hex(), raw.hex().upper()))
    whole = base64.b64encode(raw).decode()
    for text in _alphabets(whole):
        yield Spelling(text, rf"(?<![A-Za-z0-9+/_-]){re.escape(text)}(?![A-Za-z0-9+/_-])")
    for shift in range(3):
        core = base64.b64encode(b"\0" * shift + raw)[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6].decode()
        if len(core) >= _LEAST_CORE:
            before = "[A-Za-z0-9+/_-]?" if shift else ""
            yield from (Spelling(t, rf"{before}{re.escape(t)}[A-Za-z0-9+/_-]?=*") for t in _alphabets(core))


def _alphabets(text: str) -> Iterable[str]:
    return dict.fromkeys((text, text.replace("+", "-").replace("/", "_")))


def _bounded(spelling: str) -> str:
    escaped = re.escape(spelling)
    return rf"(?<!\w){escaped}(?!\w)" if len(spelling) < _SHORT and spelling.isalnum() else escaped
