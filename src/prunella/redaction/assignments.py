"""Secrets by the name before them: `KEY=value`, `key: value`, `"key": "value"`, `--key value`, `<key>value</key>`."""

import re

from prunella.redaction.keys import Secrecy, secrecy_of

REDACTED = "[redacted]"

_NAMED = re.compile(
    r"(?<!\w)(?<!\w[.-])(?P<key>[A-Za-z_][\w.-]{0,80})(?P<quote>\\?[\"']|)"
    r"(?P<sign>[ \t]{0,20}(?:=>|:=|=(?![=~])|:(?![:=]))[ \t]{0,20})"
)
_FLAG = re.compile(
    r"(?<![\w-])--?(?P<key>[A-Za-z][\w-]{0,60})[ \t]+(?P<value>[^\s\"'=-][^\s\"']*|\"[^\"\n]*\"|'[^'\n]*')"
)
_TAG = re.compile(r"<(?P<key>[A-Za-z_][\w.-]{0,60})>(?P<value>[^<>\n]{1,2000})</(?P=key)>")
_SQL = re.compile(r"(?i)\b(?:password|identified by)[ \t]+'(?P<value>(?:[^'\n]|'')*)'")
_DIRECTIVE = re.compile(r"(?m)^[ \t]*(?:requirepass|masterauth|masteruser|sentinel auth-pass \S+)[ \t]+(?P<value>\S+)")
_TELLTALES = {_FLAG: "-", _TAG: "</", _SQL: "'", _DIRECTIVE: ""}  # a text without it holds no match
_QUOTED = re.compile(r"(?P<open>\\?[\"'])(?P<value>(?:\\.|(?!(?P=open))[^\\\n])*)(?P=open)")
_TO_THE_END = re.compile(r"[^\n\r]*")
_WORD = re.compile(r"(?:\[redacted\]|[^\s,;&)\]}\"'<>|])+")
_NEXT_NAME = re.compile(r"\s[\w.-]+=")
_LINE_START = re.compile(r"(?:^|\n)[ \t]*(?:-[ \t]+|export[ \t]+|[+-][ \t]*)?[\"']?$")

_REFERENCE = re.compile(r"\$\{?\w+.*|\{\{.*|<[\w -]+>|(?:env|file|vault|command|secret):\S+|%\(\w+\)s|\*+|\[redacted\]")
_PATH = re.compile(
    r"(?:[~.]{0,2}/)?(?:[\w.@-]+/)*[\w.@-]+\.(?:pem|key|crt|cer|pub|p12|pfx|jks|txt|json|ya?ml)|/(?:run|etc|var|opt|home|usr|srv|tmp)/\S*"
)
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|[\w.-]*:\d{1,5}(?:/\S*)?|\d{1,5}|[\w-]+(?:\.[\w-]+)+:\d{1,5}", re.IGNORECASE
)
_HARMLESS = frozenset(
    {"", "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "undefined", "required", "optional", "basic"}
    | {"bearer", "digest", "md5", "scram-sha-256", "trust", "peer", "oauth2", "jwt", "ldap", "str", "string", "bytes"}
)
_PROSE = frozenset(
    {"authentication", "is", "was", "must", "incorrect", "invalid", "wrong", "expired", "missing", "failed", "not"}
    | {"mismatch", "cannot", "unexpected", "no", "rejected", "error", "refused", "denied", "unknown", "empty", "too"}
    | {"could", "unable", "has", "the", "a", "an", "does", "may", "should", "connection", "failure", "timeout"}
)


def without_named(text: str) -> str:
    """`text` with the values of secret names replaced; the names, and values that are references, stay."""
    for pattern, telltale in _TELLTALES.items():
        if telltale in text:
            text = pattern.sub(_without_value, text)
    return _without_assigned(text) if ":" in text or "=" in text else text


def is_harmless(value: str) -> bool:
    """A switch, a reference to a secret, or a path to one: not the secret itself."""
    value = value.strip()
    return value.casefold() in _HARMLESS or bool(_REFERENCE.fullmatch(value) or _PATH.fullmatch(value))


def _without_value(match: re.Match[str]) -> str:
    key = match.groupdict().get("key")
    value = match["value"].strip("\"'")
    if is_harmless(value) or (key is not None and not _is_held(secrecy_of(key), value)):
        return match[0]
    start, end = match.start("value") - match.start(), match.end("value") - match.start()
    return match[0][:start] + REDACTED + match[0][end:]


def _without_assigned(text: str) -> str:
    kept: list[str] = []
    at = 0
    for match in _NAMED.finditer(text):
        secrecy = secrecy_of(match["key"])
        if match.start() < at or secrecy is Secrecy.NONE:
            continue
        start, end = _value(text, match, secrecy)
        if start < end:
            kept += [text[at:start], REDACTED]
            at = end
    return "".join([*kept, text[at:]])


def _value(text: str, match: re.Match[str], secrecy: Secrecy) -> tuple[int, int]:
    """Where the secret starts and ends; an empty span when there is none."""
    nothing = (match.end(), match.end())
    if quoted := _QUOTED.match(text, match.end()):
        return quoted.span("value") if _is_held(secrecy, quoted["value"]) else nothing
    is_colon = match["sign"].strip() == ":"
    if is_colon and not match["quote"] and not match["sign"].endswith((" ", "\t")):
        return nothing
    start, end = _bare_value(text, match, secrecy)
    value = text[start:end].rstrip()
    if is_colon and not match["quote"] and _reads_as_prose(text, value, end, secrecy):
        return nothing
    return (start, start + len(value)) if _is_held(secrecy, value) else nothing


def _bare_value(text: str, match: re.Match[str], secrecy: Secrecy) -> tuple[int, int]:
    """To the end of the line where a line of a file starts with the name, else one word."""
    if secrecy is Secrecy.STRONG and not match["quote"] and _starts_a_line(text, match.start()):
        line = _TO_THE_END.match(text, match.end())
        if line and not _NEXT_NAME.search(line[0]):
            return line.span()
    word = _WORD.match(text, match.end())
    return word.span() if word else (match.end(), match.end())


def _starts_a_line(text: str, at: int) -> bool:
    """Nothing but indentation, a list dash, `export` or a quote stands before it."""
    before = text[max(0, at - 40) : at]
    return bool(_LINE_START.search(before if at <= 40 else f"x{before}"))


def _reads_as_prose(text: str, value: str, end: int, secrecy: Secrecy) -> bool:
    """`password: authentication failed`, `auth: Connection refused`: a message, not a setting."""
    first = value.split(" ", 1)[0].casefold().rstrip(".,:;")
    goes_on = bool(re.match(r"[ \t]+[A-Za-z]", text[end : end + 20]))
    is_mixed = len(value) >= 8 and any(c.isdigit() for c in value)
    return first in _PROSE or (secrecy is Secrecy.WEAK and (goes_on or (value.isalpha() and not is_mixed)))


def _is_held(secrecy: Secrecy, value: str) -> bool:
    if secrecy is Secrecy.NONE or is_harmless(value):
        return False
    return secrecy is Secrecy.STRONG or not _ADDRESS.fullmatch(value.strip())
