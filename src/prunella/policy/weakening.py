"""What leaves a service less guarded, by general words that settings are made of; pure.

It is a net of words: what compares the guards of two states of the world is `policy/posture.py`.
"""

import re

from prunella.policy.words import is_near, normal, tokens
from prunella.redaction.keys import is_secret_key

_GUARDS_WORDS = """
    auth authentication authorization authorisation tls ssl https verify verification secure security password passwd
    secret token protected hba acl cors csrf firewall signature signing signed requirepass whitelist allowlist sandbox
    mfa totp captcha hsts login permission permissions
"""
_GUARDS = frozenset(_GUARDS_WORDS.split())
_STEM = re.compile(r"ssl|tls|auth(?!or(?!i[sz]))|passw|secret|verif|secur|crypt|csrf|^cors|firewall|^cert|signature")
_NEGATIONS = frozenset({"no", "skip", "disable", "disabled", "ignore", "without", "bypass", "off"})
_HOLES = frozenset({"insecure", "unsafe", "anonymous", "anon", "bypass", "permissive", "unrestricted", "nopass",
                    "noauth", "passwordless", "guest", "debug", "privileged", "superuser", "public"})  # fmt: skip
_BINDS = frozenset({"host", "bind", "listen", "addr", "address", "interface"})
_ADMITS = frozenset({"origin", "origins", "allowed", "hosts", "whitelist", "allowlist", "acl", "trusted", "proxies"})
_MODES = frozenset({"mode", "umask", "perm", "perms", "permissions", "chmod"})
_USERS = frozenset({"user", "uid", "runas", "owner", "group", "gid"})
_LONGER_IS_WEAKER = frozenset({"ttl", "expiry", "expires", "age", "lifetime", "duration", "attempts", "tries", "max"})
TECHNICAL = frozenset({"port", "timeout", "ms", "interval", "workers", "pool", "retries", "threads", "url", "host"})

OFF = frozenset({"", "off", "false", "no", "0", "none", "null", "disable", "disabled", "never", "trust", "allow",
                 "any", "insecure", "optional", "plain", "*", "all", "skip"})  # fmt: skip
ON = frozenset({"on", "true", "yes", "1", "enable", "enabled", "always"})
_OPEN = re.compile(r"0\.0\.0\.0|\[::\]|(?<![\w.])::(?![\w.])|\btrust\b|\binsecure\b|\b0?777\b|\bnopass\b")
_PROPER = re.compile(r"(?<=:)[^:.\"]+")  # `auth` in `program:auth` is only what somebody calls it
_NO_HOST = re.compile(r"\*?:\d+")
_LEAKY = re.compile(
    r"sslmode=(?:disable|allow|prefer)|(?:ssl|tls|verify)=(?:0|false|no|off)|insecure=(?:1|true)"
    r"|trustservercertificate=true"
)
_USERINFO = re.compile(r"://[^\s/@]+:[^\s/@]+@")
_UNKNOWN = "\0"
"""Stands for a value that was not there or is not known: it is equal to none."""
_OCTAL = re.compile(r"0?o?([0-7]{3,4})")
_PLAIN = {"https": "http", "wss": "ws", "ldaps": "ldap", "amqps": "amqp", "rediss": "redis", "ftps": "ftp",
          "smtps": "smtp", "mqtts": "mqtt"}  # fmt: skip
_GRADES: tuple[tuple[str, ...], ...] = (
    ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    ("trust", "password", "md5", "scram-sha-256"),
    ("none", "optional", "required"),
    ("none", "lax", "strict"),
    ("plain", "starttls", "tls"),
)


def weakening(key: str, before: str | None, after: str | None) -> str:
    """Why the setting guards less than before, as half a sentence; "" when it does not.

    `before` None: it was not there, or is not known; `after` None: it is gone.
    """
    key = _PROPER.sub("", key)
    words, was, now = frozenset(tokens(key)), _plain(before), _plain(after)
    if after is None:
        is_gone = is_guard(key) and not words & (_HOLES | _NEGATIONS) and (before is None or was not in OFF)
        return "it takes a guard away" if is_gone else ""
    if was == now and before is not None:
        return ""
    return (
        _weaker_switch(key, words, was, now)
        or _wider_address(words, was, now)
        or _plainer_address(was, now)
        or _wider_rights(words, was, now)
        or _weaker_figure(key, words, was, now)
    )


def is_guard(key: str) -> bool:
    """The name speaks of who may do what, or of what is secret, encrypted or verified."""
    return any(word in _GUARDS or _STEM.search(word) for word in tokens(key)) or is_secret_key(key)


def text_weakening(old: str, new: str) -> str:
    """As `weakening`, of lines of a text that nobody parses."""
    if len(_OPEN.findall(new)) > len(_OPEN.findall(old)):
        return "it opens something to everybody"
    before, after = _guarded(old), _guarded(new)
    gone = [key for key in before if key not in after and not any(_is_like(key, other) for other in _first_words(new))]
    if gone:
        return f"it takes {gone[0]} away"
    turned = [key for key, value in before.items() if after.get(key, value) in OFF and value not in OFF]
    return f"it turns {turned[0]} off" if turned else ""


def _weaker_switch(key: str, words: frozenset[str], was: str, now: str) -> str:
    if is_guard(key) and words & _NEGATIONS:
        return "it turns a guard off" if now in ON and was not in ON else ""
    if words & _HOLES and now in ON and was not in ON:
        return "it opens what is better closed"
    if not is_guard(key):
        return ""
    if now in OFF and was not in OFF:
        return "it empties a secret" if not now else "it turns a guard off"
    is_graded = any(now in grades and was in grades and grades.index(now) < grades.index(was) for grades in _GRADES)
    return "it lowers a guard" if is_graded else ""


def _wider_address(words: frozenset[str], was: str, now: str) -> str:
    if words & _BINDS and _is_open(now) and not _is_open(was):
        return "it opens an address to everybody"
    admits = bool(words & _ADMITS) and ("*" in now or "0.0.0.0/0" in now)
    return "it admits everybody" if admits and "*" not in was and "0.0.0.0/0" not in was else ""


def _is_open(value: str) -> bool:
    return _OPEN.search(value) is not None or value in {"", "*", "0"} or _NO_HOST.fullmatch(value) is not None


def _plainer_address(was: str, now: str) -> str:
    scheme, other = was.partition("://")[0], now.partition("://")[0]
    if "://" in now and _PLAIN.get(scheme) == other:
        return "it leaves encryption out"
    if _LEAKY.search(now) and not _LEAKY.search(was):
        return "it leaves encryption or its verification out"
    return "it leaves credentials out" if _USERINFO.search(was) and "://" in now and not _USERINFO.search(now) else ""


def _wider_rights(words: frozenset[str], was: str, now: str) -> str:
    if words & _USERS and now in {"root", "0", "administrator"} and was != now:
        return "it runs as root"
    mode, earlier = _OCTAL.fullmatch(now), _OCTAL.fullmatch(was)
    if not words & _MODES or mode is None:
        return ""
    granted, had = int(mode[1], 8), int(earlier[1], 8) if earlier else 0
    wider = had & ~granted if "umask" in words else granted & ~had
    return "it widens the rights of files" if wider or (earlier is None and granted & 0o022) else ""


def _weaker_figure(key: str, words: frozenset[str], was: str, now: str) -> str:
    """Of figures that are about a guard: how long a password is, how old a token may be."""
    old, new = as_number(was), as_number(now)
    if old is None or new is None or not is_guard(key) or set(tokens(key)[-1:]) & TECHNICAL:
        return ""
    is_weaker = new > old if words & _LONGER_IS_WEAKER else new < old
    return "it lowers what a guard asks for" if is_weaker else ""


def as_number(text: str) -> float | None:
    """None for what is no plain number."""
    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text) else None


def _plain(value: str | None) -> str:
    return _UNKNOWN if value is None else value.strip().strip("\"'").lower()


def _is_like(key: str, other: str) -> bool:
    return normal(key) == normal(other) or is_near(key.lower(), other.lower())


def _first_words(text: str) -> set[str]:
    return {re.split(r"[\s:=;]+", line.strip(), maxsplit=1)[0] for line in text.split("\n") if line.strip()}


def _guarded(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        parts = re.split(r"[\s:=;]+", line.strip(), maxsplit=1)
        if len(parts) == 2 and is_guard(parts[0]):
            found[parts[0]] = parts[1].strip(" ;\"'").lower()
    return found
