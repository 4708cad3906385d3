"""Guards that well-known servers write in ways of their own: proxies' peers and requests, Redis' commands and users."""

import re
from collections.abc import Iterator

from prunella.domain.posture import Aspect
from prunella.policy import guard_words as words
from prunella.policy import strengths
from prunella.policy.told import Guard, Told

_REQUEST = re.compile(r"(?:http|tcp)-(?:request|response)")
_REFUSALS = frozenset({"deny", "auth", "reject", "tarpit", "silent-drop"})
_PEERS = frozenset({"server", "default-server", "server-template"})
_SECTIONS = frozenset({"backend", "listen", "defaults"})
_ADDRESS = re.compile(r"(?:[\w.+-]+@)?(?:\[[0-9A-Fa-f:]+\]|[\w.*-]+|/\S+):?\d*")
_WATCHING = re.compile(r"(?:http|tcp|ssl-hello|mysql|pgsql|redis|ldap|smtp|external)-?(?:chk|check)")
_SOCKET_MODE = re.compile(r"\bmode\s+([0-7]{3,4})\b")


def refusal(told: Told) -> tuple[Guard, ...] | None:
    """`http-request deny if …`, `tcp-request connection reject`: whom a proxy turns away or asks who he is."""
    said = f"{told.parts[-1]} {told.value}".split()
    if not _REQUEST.fullmatch(told.parts[-1].partition(" ")[0]):
        return None
    deed = next((word for word in said[1:3] if word in _REFUSALS), "")
    return (Guard(Aspect.AUTH, deed, words.UNKNOWN, deed),) if deed else ()


def peer(told: Told) -> tuple[Guard, ...] | None:
    """`server NAME ADDRESS check ssl verify required`: how another server is spoken to, and whether it is watched.

    Without an address of its own behind a name it is another language's, and none of this.
    """
    found = _peer_in(told)
    if found is None:
        return None
    name, options = found
    return tuple(_of_peer(name, options))


def _peer_in(told: Told) -> tuple[str, list[str]] | None:
    *above, last = told.parts
    if len(above) > 2 and above[-1] in _PEERS and above[0] in _SECTIONS:
        said = [last, *told.value.split()]
    elif last in _PEERS:
        said = told.value.split()
    else:
        return None
    is_named = len(said) > 1 and _ADDRESS.fullmatch(said[1]) and not _has_port(said[0])
    return (said[0], said[2:]) if is_named and not said[1].isdecimal() else None


def _has_port(word: str) -> bool:
    return re.search(r":\d+$", word) is not None


def _of_peer(name: str, options: list[str]) -> Iterator[Guard]:
    over = "ssl" in options
    yield Guard(
        Aspect.TLS, "encrypted" if over else "plain", words.UNKNOWN if over else 0.0, f"{name} over", may_go=True
    )
    if "verify" in options[:-1]:
        says, worth = strengths.of_switch(options[options.index("verify") + 1])
        yield Guard(Aspect.TLS, says, worth, f"{name} verify", may_go="ssl" not in options)
    watched = "check" in options
    says = "checked" if watched else "not checked"
    yield Guard(Aspect.WATCH, says, words.UNKNOWN if watched else 0.0, f"{name} check", may_go=True)


def watching(told: Told) -> tuple[Guard, ...] | None:
    """`option httpchk`: how a proxy finds out that a peer is unwell."""
    said = [*told.parts[-2:], *told.value.split()]
    at = said.index("option") + 1 if "option" in said else 0
    if not at or at >= len(said) or not _WATCHING.fullmatch(said[at]):
        return None
    return (Guard(Aspect.WATCH, said[at], words.UNKNOWN, said[at]),)


def socket(told: Told) -> tuple[Guard, ...] | None:
    """`stats socket PATH mode 660`: who may give a proxy orders."""
    said = f"{' '.join(told.parts[-2:])} {told.value}"
    mode = _SOCKET_MODE.search(told.value) if "stats socket" in said else None
    found = strengths.of_rights(mode[1], is_mask=False) if mode else None
    return None if found is None else (Guard(Aspect.AUTH, *found, may_go=True),)


def renamed(told: Told) -> tuple[Guard, ...] | None:
    """`rename-command FLUSHALL ""`: a command that nobody may give, or under another name only."""
    if told.parts[-1] == "rename-command":
        command, _, name = told.value.partition(" ")
    elif len(told.parts) > 1 and told.parts[-2] == "rename-command":
        command, name = told.parts[-1], told.value
    else:
        return None
    word = strengths.plain(name)
    says, worth = ("nobody's", 1.0) if not word else ("renamed", words.UNKNOWN)
    return (
        Guard(Aspect.AUTH, *((command, -1.0) if word == command.lower() else (says, worth)), command, of="command"),
    )


def user(told: Told) -> tuple[Guard, ...] | None:
    """`user default on >… ~* +@all`: whether somebody gets in without a password. Without its line, the default user
    does.
    """
    said = [*told.parts[-2:], *told.value.split()]
    at = said.index("user") + 1 if "user" in said else 0
    if not at or len(said) < at + 3 or said[at + 1] not in {"on", "off", "reset"}:
        return None
    name, rules = said[at], said[at + 1 :]
    is_open = "nopass" in rules and "off" not in rules
    says, worth = ("no password", -1.0) if is_open else ("guarded", words.UNKNOWN)
    return (Guard(Aspect.AUTH, says, worth, name, may_go=name != "default", of="user"),)
