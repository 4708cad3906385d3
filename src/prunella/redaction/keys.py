"""Which names stand before a secret: `DB_PASSWORD`, `apiKey`, `client.secret`; not `TOKEN_TTL`, not `AUTH_URL`."""

import re
from enum import Enum
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STRONG = re.compile(
    r"(?:^|_)(?:secrets?|passwords?|passphrase|passwd|pwd|credentials?|cookie|authorization|requirepass|masterauth"
    r"|(?:api|access|private|secret|signing|signature|encryption|master|shared|account|session|crypto|hmac|webhook)_?key)(?:_|$)"
    r"|password|passwd|passphrase|secret(?:_|$)|(?:^|_)auth_?(?:token|key)(?:_|$)"
)
_WEAK = re.compile(r"(?:^|_)(?:auth|pass|pin|otp|bearer|dsn_pass)$|token(?:$|_(?:secret|value|key|current|new|old)$)")
_PROXY_PASS = re.compile(r"(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass$")
_ABOUT = re.compile(
    r"_(?:file|path|dir|folder|url|uri|host|port|addr|address|ttl|timeout|expiry|expires?|expiration|enabled|disabled"
    r"|required|min|max|length|len|size|count|limit|policy|type|mode|header|name|names|algorithm|alg|ids?|issuer"
    r"|audience|endpoint|services?|servers?|provider|method|realm|bucket|interval|seconds|ms|days|hours|version"
    r"|scheme|backend|status|errors?|rotation|age|attempts|retries|user|username|class|regex|pattern|field|column"
    r"|prefix|suffix|var|store|ref|kind|format|failed|failures|valid|invalid|manager|reset)$"
)


class Secrecy(Enum):
    """How surely a name stands before a secret."""

    NONE = 0
    WEAK = 1  # `auth`, `token`: also a service's name, a word of a parser's message
    STRONG = 2


def is_secret_key(key: str) -> bool:
    """Does a setting or field of this name (any case, dotted from the top) hold a secret?"""
    return secrecy_of(key) is not Secrecy.NONE


@lru_cache(maxsize=8192)
def secrecy_of(key: str) -> Secrecy:
    """Of its last part (`db.password`), or of the one before a list place (`passwords.0`)."""
    parts = [part.strip("\"' ") for part in key.split(".")]
    named = [part for part in parts if part and not part.isdigit()]
    return _secrecy_of_part(named[-1]) if named else Secrecy.NONE


def _secrecy_of_part(part: str) -> Secrecy:
    plain = re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", part).lower()).strip("_")
    if _ABOUT.search(plain) or _PROXY_PASS.search(plain):
        return Secrecy.NONE
    if _STRONG.search(plain):
        return Secrecy.STRONG
    return Secrecy.WEAK if _WEAK.search(plain) else Secrecy.NONE
