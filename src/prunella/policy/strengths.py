"""What a value is worth as a guard: above zero it guards, below zero it leaves open."""

import ipaddress
import re
from contextlib import suppress

from prunella.policy.guard_words import DEFAULT_SECRETS, EVERYBODY, UNKNOWN, VALUES, WEAK_CIPHERS
from prunella.redaction.assignments import is_harmless

_SHORT = 6
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
_SPLIT = re.compile(r"[\s,;|]+")
_HOSTNAME = re.compile(r"[A-Za-z_](?:[\w.-]*\w)?")
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*(?:(?:/|per)\s*(\d*)\s*([A-Za-z]+))?")
_SECONDS = {
    "ms": 0.001, "milliseconds": 0.001, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60,
    "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86_400,
    "day": 86_400, "days": 86_400, "w": 604_800, "week": 604_800, "weeks": 604_800,
}  # fmt: skip
_ENDLESS = frozenset({"", "none", "null", "never", "unlimited", "infinite", "off", "false", "no", "disabled", "inf"})
_OCTAL = re.compile(r"0?o?([0-7]{3,4})")
_VERSION = re.compile(r"(?<![\w.])(?P<sign>[-!]?)\+?(?P<what>tls|ssl)?[v_-]*(?P<number>\d(?:[._]\d)?)(?![\w.])")
_PROTOCOLS = {"ssl2": -1.0, "ssl3": -1.0, "tls1": -0.75, "tls1.1": -0.5, "tls1.2": 0.5, "tls1.3": 0.75}
_UNGUARDED = -1.0


def plain(value: str) -> str:
    return value.strip().strip("\"'").strip().lower()


def of_switch(value: str) -> tuple[str, float]:
    """As people read it, and what it is worth; words that nobody knows are said as `set`."""
    word = plain(value)
    if word in VALUES:
        return word or "empty", VALUES[word]
    words = [each for each in _SPLIT.split(word) if each]
    known = [VALUES[each] for each in words if each in VALUES]
    return (word, min(known)) if known and len(known) == len(words) else ("set", UNKNOWN)


def of_secret(value: str) -> tuple[str, float]:
    """Never says the value."""
    word = value.strip().strip("\"'")
    if not word or word.lower() in {"none", "null", "nil"}:
        return "empty", _UNGUARDED
    if re.sub(r"[\W_]", "", word).lower() in DEFAULT_SECRETS:
        return "a well-known default", -0.5
    if is_harmless(word):
        return "a reference", UNKNOWN
    return ("very short", 0.25) if len(word) < _SHORT else ("set", UNKNOWN)


def of_addresses(value: str) -> tuple[str, float] | None:
    """The widest of the addresses in it: unix sockets and loopback, private ones, public ones, all of them.

    Beside an address other words are options (`443 ssl http2`); a word alone is a host.
    """
    words = [each for each in _SPLIT.split(plain(value)) if each]
    found = [(each, worth) for each in words if (worth := _of_address(each)) is not None]
    found = [pair for pair in found if not _HOSTNAME.fullmatch(pair[0]) or pair[0] == "localhost"] or found[:1]
    if not found:
        return None if words else ("empty", _UNGUARDED)
    return " ".join(each for each, _ in found), min(worth for _, worth in found)


def _of_address(word: str) -> float | None:
    if word.startswith(("/", "unix:", "@")):
        return 1.0
    if word.isdigit():
        return 0.0 if 0 < int(word) < 65_536 else None
    return of_host(_host_of(_SCHEME.sub("", word).lstrip("-")))


def _host_of(word: str) -> str:
    """Without brackets and port; "" for `:8080`, which is every address."""
    if word.startswith("["):
        return word[1:].partition("]")[0]
    return word.partition(":")[0] if word.count(":") == 1 else word


def of_host(host: str) -> float | None:
    """None for what is no host."""
    if host in {"*", "", "0", "0.0.0.0", "::", "any", "all"}:
        return _UNGUARDED
    if host == "localhost" or host.endswith(".localhost"):
        return 1.0
    with suppress(ValueError):
        address = ipaddress.ip_address(host.partition("%")[0])
        return 1.0 if address.is_loopback else _UNGUARDED if address.is_unspecified else _of_ip(address)
    return UNKNOWN if _HOSTNAME.fullmatch(host) else None


def _of_ip(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> float:
    return 0.5 if address.is_private or address.is_link_local else 0.25


def of_network(text: str) -> float:
    """Of whom an entry lets in: `127.0.0.1/32`, `samenet`, `all`."""
    word = plain(text)
    if word in EVERYBODY:
        return _UNGUARDED
    with suppress(ValueError):
        network = ipaddress.ip_network(word, strict=False)
        if network.prefixlen == 0:
            return _UNGUARDED
        return 1.0 if network.is_loopback else 0.5 if network.is_private else 0.25
    return UNKNOWN


def admits(value: str) -> tuple[str, float]:
    """Everybody, or some."""
    words = [each.strip("\"'[]()") for each in _SPLIT.split(plain(value))]
    wide = [each for each in words if each in EVERYBODY]
    return (wide[0], _UNGUARDED) if wide else ("some", UNKNOWN)


def of_figure(value: str, *, less_is_stronger: bool) -> tuple[str, float] | None:
    """Of a number, a duration or a rate; None where there is no number to be read."""
    word = plain(value)
    if word in _ENDLESS:
        return word or "empty", _UNGUARDED
    match = _NUMBER.fullmatch(word)
    if match is None:
        return None
    figure = float(match[1]) * _SECONDS.get(match[2], 1)
    if match[4]:
        if match[4] not in _SECONDS:
            return None
        figure /= _SECONDS[match[4]] * float(match[3] or 1)
    if figure <= 0:
        return word, _UNGUARDED
    return word, 1 / (1 + figure) if less_is_stronger else figure / (1 + figure)


def of_versions(value: str) -> tuple[str, float] | None:
    """Of the oldest protocol that is spoken; `all -SSLv3` speaks the others."""
    word = plain(value)
    named = [(match["sign"], _version(match)) for match in _VERSION.finditer(word)]
    left_out = {version for sign, version in named if sign}
    spoken = {version for sign, version in named if not sign}
    spoken |= _PROTOCOLS.keys() - {*left_out, "ssl2"} if re.search(r"\ball\b", word) else set()
    known = [_PROTOCOLS[version] for version in spoken if version in _PROTOCOLS]
    return (word, min(known)) if known else None


def _version(match: re.Match[str]) -> str:
    return f"{match['what'] or 'tls'}{match['number'].replace('_', '.').removesuffix('.0')}"


def of_ciphers(value: str) -> tuple[str, float]:
    words = re.split(r"[\s:,+@]+", plain(value))
    weak = [word for word in words if word in WEAK_CIPHERS]
    return (f"with {', '.join(weak)}", _UNGUARDED) if weak else ("set", UNKNOWN)


def of_rights(value: str, *, is_mask: bool) -> tuple[str, float] | None:
    """Of permission bits in octal: the fewer for group and others, the better; others that may write leave open."""
    match = _OCTAL.fullmatch(plain(value))
    if match is None:
        return None
    bits = int(match[1], 8)
    granted = ~bits & 0o777 if is_mask else bits
    if granted & 0o6002:
        return match[1], _UNGUARDED
    others, group = (granted & 0o7).bit_count(), (granted & 0o70).bit_count()
    return match[1], 1 - (2 * others + group) / 10
