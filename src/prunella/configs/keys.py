"""The names of settings: dotted, a part that holds a dot is quoted (`"a.b".c`)."""

import json
import re

from prunella.errors import Rejected

Parts = tuple[str, ...]

_PLAIN = re.compile(r'[^."\x00-\x1f]+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def join(parts: Parts) -> str:
    return ".".join(part if _PLAIN.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in parts)


def split(key: str) -> Parts:
    """The inverse of `join`. Raises Rejected for an empty or unbalanced name."""
    parts: list[str] = []
    at = 0
    while True:
        match = _QUOTED.match(key, at) or _PLAIN.match(key, at)
        if match is None:
            raise _misnamed(key)
        parts.append(_unquoted(key, match[0]))
        at = match.end()
        if at == len(key):
            return tuple(parts)
        if key[at] != ".":
            raise _misnamed(key)
        at += 1


def _unquoted(key: str, part: str) -> str:
    if not part.startswith('"'):
        return part
    try:
        return str(json.loads(part))
    except ValueError as error:
        raise _misnamed(key) from error


def _misnamed(key: str) -> Rejected:
    return Rejected(f'{key!r} is no setting\'s name. Write it dotted, as `server.port` or `"a.b".c`.')
