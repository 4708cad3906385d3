"""Secrets by nothing but their randomness; ids and digests, which diagnosis needs, are told by what stands around them.

How often it is right is measured by `tests/redaction/test_corpus.py`.
"""

import re

from prunella.redaction.assignments import REDACTED

_SHORTEST = 24
_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}={0,2}|(?<=[/_+-])[A-Za-z0-9]{24,}(?![A-Za-z0-9+/_-])")
_HEX = re.compile(r"(?<![A-Za-z0-9])(?:0x)?(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![A-Za-z0-9])")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_PUBLIC = re.compile(r"_ZN|_R[A-Z]|AAAA[BCE][0-9]|(?:sha|md)\d{1,3}[-_]|[a-z]+-[a-z]+-\d")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+")
_NAME = re.compile(r"[A-Za-z][\w.-]*")
_IDS = frozenset(
    {"id", "ids", "uuid", "guid", "sha", "md", "digest", "commit", "commits", "revision", "rev", "ref", "tree"}
    | {"parent", "object", "blob", "checksum", "hash", "etag", "trace", "traceparent", "span", "request", "req"}
    | {"correlation", "event", "job", "fingerprint", "thumbprint", "integrity", "container", "containerd", "docker"}
    | {"image", "layer", "volume", "cache", "build", "invocation", "transaction", "message", "merge", "head"}
)
_SECRET = frozenset(
    {"session", "sessionid", "sid", "sess", "cookie", "secret", "token", "auth", "password", "encryption", "signing"}
)
_FILE_AFTER = re.compile(r" [ *][\w./-]|[ \t]refs/|[./][\w-]")
_LEAST_KINDS, _LEAST_DISTINCT = 3, 10


def without_random(text: str, about: str = "") -> str:
    """`text` without what only chance can have written; `about` is the name under which it stands ("": none)."""
    if len(text) < _SHORTEST:
        return text
    whole = f"{about}: {text}" if about else text
    found = _HEX.sub(lambda match: match[0] if _is_needed(match) else REDACTED, whole)
    found = _RUN.sub(lambda match: REDACTED if _is_random(match) else match[0], found)
    return found[len(about) + 2 :] if about else found


def _is_needed(match: re.Match[str]) -> bool:
    """A digest or id of a known kind: by the names before it, by a path around it, by the file that follows it."""
    text, start, end = match.string, match.start(), match.end()
    if len(set(match[0])) < _LEAST_DISTINCT or match[0].isdecimal():
        return True
    words = _words_before(text, start)
    if words & _SECRET:
        return False
    before, after = text[max(0, start - 1) : start], text[end : end + 8]
    is_first = not text[max(0, text.rfind("\n", 0, start) + 1) : start].strip()
    return bool(words & _IDS) or before == "/" or bool(_FILE_AFTER.match(after) and (is_first or after[0] in "./"))


def _is_random(match: re.Match[str]) -> bool:
    run, text, start = match[0], match.string, match.start()
    if _UUID.search(run) or _ULID.fullmatch(run) or _PUBLIC.match(run) or _HEX.search(run):
        return False
    pieces = _PIECE.findall(run)
    if not (_is_mixed(pieces) if _kinds(run) == _LEAST_KINDS else _is_jumbled(max(pieces, key=len))):
        return False
    words = _words_before(text, start)
    return not words & _IDS or bool(words & _SECRET)


def _is_mixed(pieces: list[str]) -> bool:
    """Capitals, small letters and digits follow each other as no language or naming custom has it.

    Of random letters and digits, 0.62 of the neighbours are of different kinds; of camel case with numbers about 0.3.
    """
    size = sum(map(len, pieces))
    changes = sum(len(_CHANGE.findall(piece)) for piece in pieces)
    longest = max(map(len, pieces))
    least = 0.4 if longest >= _SHORTEST // 2 else 0.5
    return size >= _SHORTEST - 3 and changes >= least * (size - len(pieces)) and longest >= 6


def _is_jumbled(piece: str) -> bool:
    """Letters of one case with digits between them, neither words nor hex: 0.4 of random ones change the kind."""
    digits = sum(char.isdigit() for char in piece)
    is_shared = 0.08 * len(piece) <= digits <= 0.7 * len(piece)
    changes = len(_CHANGE.findall(piece))
    return len(piece) >= _SHORTEST and is_shared and changes >= 0.25 * len(piece) and len(set(piece)) >= _LEAST_DISTINCT


def _kinds(run: str) -> int:
    """How many of capitals, small letters and digits it has."""
    return (not run.islower() and not run.isupper()) + 1 + any(map(run.__contains__, "0123456789"))


def _words_before(text: str, start: int) -> frozenset[str]:
    """The parts of the one or two names that stand right before."""
    begin = max(text.rfind("\n", 0, start) + 1, start - 48)
    names = _NAME.findall(text, begin, start)[-2:]
    return frozenset(part.lower().rstrip("0123456789") for name in names for part in _HUMP.split(name) if part)
