"""A rule of pg_hba.conf that is lacking: put back where it stood, else written like those of its siblings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.hunks import Hunk, hunks_of
from prunella.brains.reflex.known_good import is_copy, trust
from prunella.brains.reflex.places import replace_lines
from prunella.brains.reflex.servers_data import roles_of
from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import Format, Setting

_NO_ENTRY = re.compile(
    r"no pg_hba\.conf entry for (?:replication connection from )?host \"(?P<host>[^\"]+)\", user \"(?P<user>[^\"]+)\""
    r"(?:, database \"(?P<database>[^\"]+)\")?(?:, (?P<crypt>no encryption|SSL encryption|SSL on|SSL off))?"
)
_GUARDED = frozenset({"scram-sha-256", "md5", "cert", "gss", "ldap", "pam", "radius", "peer", "ident"})
_PLAIN, _ENCRYPTED = ("host", "hostnossl"), ("hostssl", "host")
_KINDS = {"no encryption": _PLAIN, "SSL off": _PLAIN, "SSL encryption": _ENCRYPTED, "SSL on": _ENCRYPTED}


@dataclass(frozen=True)
class Refused:
    """A connection for which no rule was found."""

    host: str
    user: str
    database: str
    encryption: str
    clue: Clue


def candidates(case: Case) -> Iterator[Candidate]:
    refused = tuple(dict.fromkeys(_refused(case)))
    for service, config in case.files():
        if config.format is Format.PG_HBA and config.exists and service in case.suspects:
            for each in refused:
                yield from _put_back(case, service, config, each)
                yield from _like_its_siblings(case, service, config, each)


def _refused(case: Case) -> Iterator[Refused]:
    """What logs complain of, where the whole complaint stands on a line."""
    for clue in case.clues:
        found = _NO_ENTRY.search(clue.line)
        if found and clue.weight >= 0.3 and found["database"] and _is_address(found["host"]):
            yield Refused(found["host"], found["user"], found["database"], found["crypt"] or "", clue)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _put_back(case: Case, service: str, config: ConfigFacts, refused: Refused) -> Iterator[Candidate]:
    """The lines of a better time that speak of that user or database, in their place, to the letter."""
    for reference in case.references(config.path):
        if is_copy(reference.origin):
            continue
        for hunk in hunks_of(reference.text, config.text):
            if _speaks_of(hunk, refused):
                cause = f"The rule that lets {refused.user} into {refused.database} is gone from {config.path.name}."
                step = hunk.step(config, reference.origin)
                score = min(0.97, trust(reference.origin) + 0.1) * case.scope(service)
                because = [f"{reference.origin}: {line.strip()}" for line in hunk.good if line.strip()]
                yield from repair(case, "known good", score, cause, [step], because=because, explains=[refused.clue])


def _speaks_of(hunk: Hunk, refused: Refused) -> bool:
    rules = [line.split() for line in hunk.good if line.strip() and not line.lstrip().startswith("#")]
    return any(_names(rule[1], refused.database) and _names(rule[2], refused.user) for rule in rules if len(rule) > 3)


def _names(field: str, name: str) -> bool:
    return any(each.strip('"') in {name, "all"} for each in field.split(","))


def _like_its_siblings(case: Case, service: str, config: ConfigFacts, refused: Refused) -> Iterator[Candidate]:
    """For a role that a service of the fleet logs in with: as its siblings log in, from that one address only.

    The narrowest of rules claims no connection of others, so it stands before those of its kind.
    """
    is_ours = any(refused.user in roles_of(case, name, service) for name in case.facts.services)
    if not is_ours or config.fault:
        return
    for sibling in config.settings:
        rule = _rule(sibling)
        if rule is not None and _is_alike(rule, sibling, refused):
            width = "128" if ":" in refused.host else "32"
            lines = config.text.split("\n")
            new = _in_columns(lines[sibling.line - 1], (refused.database, refused.user, f"{refused.host}/{width}"))
            why = f"As {' '.join(rule[1:3])} is treated in the same file."
            step = replace_lines(config.path, config.text, sibling.line, sibling.line - 1, (new,), why=why)
            cause = f"{config.path.name} has no rule for {refused.user} in {refused.database} from {refused.host}."
            yield from repair(
                case, "admission", 0.7 * case.scope(service), cause, [step], because=[f"its sibling: {sibling.key}"],
                explains=[refused.clue],
            )  # fmt: skip
            return


def _rule(setting: Setting) -> tuple[str, ...] | None:
    """Type, database, user and address; None for what has no address with its width."""
    fields = tuple(re.split(r"\s+", re.sub(r"\.\d+$", "", setting.key.strip('"'))))
    return fields if len(fields) == 4 and "/" in fields[3] else None


def _is_alike(rule: tuple[str, ...], sibling: Setting, refused: Refused) -> bool:
    """It lets somebody in from the same address, and asks for a proof."""
    address = rule[3].partition("/")[0]
    kinds = _KINDS.get(refused.encryption, ("host",))
    guarded = (sibling.value or "").split()[:1]
    return rule[0] in kinds and address == refused.host and bool(guarded) and guarded[0] in _GUARDED


def _in_columns(sibling: str, fields: tuple[str, str, str]) -> str:
    """The sibling's line with other fields in its columns; its comment stays where it is."""
    body = sibling.partition("#")[0].rstrip()
    words = list(re.finditer(r"\S+", body))
    new = [words[0].group(), *fields, *(word.group() for word in words[4:])]
    line = ""
    for index, word in enumerate(new):
        start = words[index].start() if index < len(words) else 0
        line = word if index == 0 else line + " " * max(1, start - len(line)) + word
    return body[: words[0].start()] + line.lstrip()
