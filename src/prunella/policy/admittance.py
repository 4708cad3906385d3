"""Who is let in, and from where: addresses that are listened on, lists of those admitted, entries and denials."""

import re
from collections.abc import Iterator

from prunella.domain.posture import Aspect
from prunella.policy import guard_words as words
from prunella.policy import strengths
from prunella.policy.told import Guard, Told, is_answer

_ENTRY = re.compile(
    r"(?P<database>\S+)\s+(?P<user>\S+)\s+(?:(?P<network>[\d.:a-fA-F]+/\d+|all|same\w+|[\w.:-]+(?:\s+255[\d.]+)?)\s+)?"
    r"(?P<method>[a-z][a-z0-9-]+)(?:\s+\S+=\S+)*"
)
_NO_ADDRESS = ((words.TECHNICAL | words.ADMITS) - words.HOST) | words.GUARDING
_REQUIRED = re.compile(r"(?:all (?:granted|denied)|valid-user|user|group|ip|host|local|not)(?:\s.*)?")


def entry(told: Told) -> tuple[Guard, ...] | None:
    """A line of pg_hba.conf: who may come from where, and how they say who they are. Without it nobody may; but
    without one that turns people away, they get further.
    """
    over, _, rest = told.parts[-1].partition(" ")
    match = _ENTRY.fullmatch(f"{rest} {told.value}".strip()) if over in words.ENTRIES else None
    if match is None:
        return None
    who, network = f"{match['database']} {match['user']}", re.sub(r"\s+", "/", match["network"] or "")
    if match["method"] == "reject":
        return (Guard(Aspect.AUTH, "reject", 1.0, f"{who} {network}".strip(), of="entry"),)
    says, worth = strengths.of_switch(match["method"])
    method = match["method"] if says == "set" else says
    encrypted = words.UNKNOWN if over in {"hostssl", "hostgssenc", "local"} else 0.0
    near = strengths.of_network(network) if network else 1.0
    return (
        Guard(Aspect.AUTH, method, worth, f"{who} {network}".strip(), may_go=True, of="entry"),
        Guard(Aspect.TLS, over, encrypted, f"{who} over", may_go=True, of="entry"),
        Guard(Aspect.BIND, network or "here", near, f"{who} from", may_go=True, of="entry"),
    )


def bind(told: Told) -> tuple[Guard, ...] | None:
    """Where a service listens; of another one's address only that it is everybody's."""
    own = frozenset(told.words)
    if own & _NO_ADDRESS:
        return None
    is_bind = bool(own & words.BIND)
    if not (is_bind or own & words.HOST) or is_answer(told.value):
        return None
    found = strengths.of_addresses(told.value)
    if found is None:
        return None
    if not is_bind and not told.path_words <= words.OWN | words.HOST:
        return (Guard(Aspect.BIND, found[0], min(found[1], 0.0), may_go=True),)
    return (Guard(Aspect.BIND, *found), *_over(told))


def _over(told: Told) -> Iterator[Guard]:
    """`listen 443 ssl`, `bind :443 ssl crt …`."""
    if "listen" in told.words or told.parts[-1] == "bind":
        is_encrypted = bool({"ssl", "tls", "quic", "https"} & set(strengths.plain(told.value).split()))
        says = "encrypted" if is_encrypted else "plain"
        yield Guard(Aspect.TLS, says, words.UNKNOWN if is_encrypted else 0.0, "over", may_go=True)


def admission(told: Told) -> tuple[Guard, ...] | None:
    """Who is let in: everybody, or some."""
    own = frozenset(told.words)
    if not own & words.ADMITS or own & (words.HOLES | words.TECHNICAL - {"hosts"}) or is_answer(told.value):
        return None
    return (Guard(Aspect.BIND, *strengths.admits(told.value), may_go=True),)


def denial(told: Told) -> tuple[Guard, ...] | None:
    """`deny all`, `Require all denied`, `Require valid-user`."""
    word = strengths.plain(told.value)
    if told.parts[-1].lower() == "deny" and word in words.EVERYBODY:
        return (Guard(Aspect.BIND, word, words.UNKNOWN),)
    if told.parts[-1].lower() == "require" and _REQUIRED.fullmatch(word):
        return (Guard(Aspect.AUTH, word, -1.0 if word == "all granted" else words.UNKNOWN),)
    return None
