"""Which guards a configuration speaks of, and how strong each stands: by the words of names and of values; pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from prunella.domain.posture import Aspect, Downgrade, Posture, Stance
from prunella.domain.setting import SettingChange
from prunella.policy import guard_words as words
from prunella.policy import strengths
from prunella.policy.admittance import admission, bind, denial, entry
from prunella.policy.guards_of_servers import peer, refusal, renamed, socket, user, watching
from prunella.policy.posture import SOMEWHERE, downgrades
from prunella.policy.switches import switch
from prunella.policy.told import Guard, Told, is_answer, told_as
from prunella.policy.words import tokens
from prunella.redaction.keys import Secrecy, secrecy_of

_SCHEME = re.compile(r"(?<![\w+.-])([A-Za-z][\w+.-]*)://(?:([^\s:/@?#]*):([^\s/@?#]*)@)?")
_ARGUMENT = re.compile(
    r"(?:^|(?<=[?&;\s,\"']))(?:-D|--?)?(?P<name>[A-Za-z_][\w.-]*)=(?P<value>[^&;\s,\"']*)"
    r"|(?:^|(?<=[\s,\"']))--(?P<flag>[A-Za-z][\w-]*)(?![\w=-])(?:[ \t]+(?P<given>[^\s-][^\s\"']*))?"
)
_OF_OTHER_THINGS = frozenset({"cache", "cached", "log", "enabled"})
_LONGEST = 4000


def stances(subject: str, told: Iterable[Told], *, is_vague: bool = False) -> tuple[Stance, ...]:
    """Of all guards that are known by their words, in the order in which they are told.

    `is_vague`: where in the file they stand is a guess.
    """
    return tuple(
        Stance(
            subject=subject, aspect=guard.aspect, says=guard.says, strength=guard.strength, may_go=guard.may_go,
            name=_name(each, guard, is_vague=is_vague),
        )
        for each in told
        for guard in guards_of(each)
    )  # fmt: skip


def weakened(changes: Iterable[SettingChange]) -> tuple[Downgrade, ...]:
    """The guards that these changes alone would weaken, where there is no shadow to look at."""
    was, now = list[Stance](), list[Stance]()
    for each in changes:
        subject = f"file:{each.path}"
        was += stances(subject, () if each.before is None else told_as(each.key, each.before))
        now += stances(subject, () if each.after is None else told_as(each.key, each.after))
    return downgrades(Posture(stances=tuple(was)), Posture(stances=tuple(now)))


def _name(told: Told, guard: Guard, *, is_vague: bool) -> str:
    told = replace(told, parts=(*told.parts[:-1], guard.of or told.parts[-1]))
    key = f"{SOMEWHERE}{told.parts[-1]}" if is_vague else told.key
    return f"{key} ({guard.what})" if guard.what else key


def guards_of(told: Told) -> Iterator[Guard]:
    """What the setting itself says, and what addresses and arguments in its value say."""
    told = replace(told, value=told.value[:_LONGEST])
    yield from _itself(told)
    yield from _of_schemes(told)
    if secrecy_of(told.parts[-1]) is Secrecy.STRONG:
        return
    for name, value in _arguments(told.value):
        for guard in _itself(Told((*told.parts, name), value)):
            yield replace(guard, what=name)


def _itself(told: Told) -> tuple[Guard, ...]:
    for rule in _RULES if told.words else ():
        found = rule(told)
        if found is not None:
            return found
    return ()


def _arguments(value: str) -> Iterator[tuple[str, str]]:
    """`?sslmode=require`, `host=… sslmode=require`, `--no-auth`, `-Dverify=false`."""
    if "=" not in value and "--" not in value:
        return
    for match in _ARGUMENT.finditer(value):
        if match["name"]:
            yield match["name"], match["value"]
        else:
            yield match["flag"], match["given"] or "on"


def _of_schemes(told: Told) -> Iterator[Guard]:
    """Whether what is spoken over is encrypted; the weakest, of several addresses."""
    found = list(_SCHEME.finditer(told.value))
    if not found and not set(tokens(told.parts[-1])[-1:]) & words.ADDRESS_WORDS:
        return
    schemes = [_scheme(match[1].lower()) for match in found]
    known = [float(each in words.SECURE_SCHEMES) for each in schemes]
    says = ", ".join(dict.fromkeys(f"{each}://" for each in schemes)) or "no scheme"
    yield Guard(Aspect.TLS, says, min(known, default=0.0), "scheme", may_go=True)
    for match in found:
        if match[3] is not None:
            yield Guard(Aspect.AUTH, *strengths.of_secret(match[3]), "password")


def _scheme(name: str) -> str:
    """`postgresql+asyncpg` speaks as `postgresql` does."""
    return name if name in words.SECURE_SCHEMES else name.partition("+")[0]


def _secret(told: Told) -> tuple[Guard, ...] | None:
    secrecy = secrecy_of(told.parts[-1])
    word = strengths.plain(told.value)
    if secrecy is Secrecy.NONE or word in words.YES | {"no", "off", "false"}:
        return None
    if word in words.VALUES and frozenset(told.words) & words.MANNERS:
        return None
    if secrecy is Secrecy.WEAK and word in words.VALUES and word:
        return None
    return (Guard(Aspect.AUTH, *strengths.of_secret(told.value)),)


def _figure(told: Told) -> tuple[Guard, ...] | None:
    """Attempts, rates and ages guard by being small, lengths and rounds by being large."""
    has = told.path_words
    has |= {"ratelimit"} if any(names <= has for names in words.RATE_LIMITS) else frozenset[str]()
    for kinds, less_is_stronger in ((words.LESS_IS_STRONGER, True), (words.MORE_IS_STRONGER, False)):
        for about, measure in kinds:
            if has & about and frozenset(told.words) & measure and not has & _OF_OTHER_THINGS:
                found = strengths.of_figure(told.value, less_is_stronger=less_is_stronger)
                return None if found is None else (Guard(Aspect.AUTH, *found),)
    return None


def _versions(told: Told) -> tuple[Guard, ...] | None:
    own = frozenset(told.words)
    if not own & {"version", "versions", "protocol", "protocols", "min", "minimum"} or own & {"max", "maximum", "http"}:
        return None
    found = strengths.of_versions(told.value) if told.path_words & words.TLS or "tls" in told.value.lower() else None
    return None if found is None else (Guard(Aspect.TLS, *found),)


def _ciphers(told: Told) -> tuple[Guard, ...] | None:
    if not frozenset(told.words) & {"cipher", "ciphers", "ciphersuites", "suites"} or is_answer(told.value):
        return None
    return (Guard(Aspect.TLS, *strengths.of_ciphers(told.value)),)


def _rights(told: Told) -> tuple[Guard, ...] | None:
    own = frozenset(told.words)
    found = strengths.of_rights(told.value, is_mask="umask" in own) if own & words.RIGHTS else None
    return None if found is None else (Guard(Aspect.AUTH, *found, may_go=True),)


def _role(told: Told) -> tuple[Guard, ...] | None:
    """As whom something is done: root, or with all rights, or not."""
    last, given = told.words[-1], re.split(r"[\s,]+", strengths.plain(told.value))
    if last in words.ROLES:
        mighty = next((each for each in given if each in words.MIGHTY), "")
        return (Guard(Aspect.AUTH, mighty or "others", -1.0 if mighty else 0.0),)
    if last in words.RUN_AS and not is_answer(told.value):
        is_root = given[0] in words.ROOTS
        nopass = [Guard(Aspect.AUTH, "nopass", -1.0, "password")] if "nopass" in given[1:] else []
        return (Guard(Aspect.AUTH, "root" if is_root else "not root", -1.0 if is_root else 0.0, may_go=True), *nopass)
    return None


_RULES: tuple[Callable[[Told], tuple[Guard, ...] | None], ...] = (
    entry, refusal, peer, watching, socket, renamed, user,
    denial, _figure, _versions, _ciphers, _rights, _secret, bind, admission, _role, switch,
)  # fmt: skip
"""The first that knows the setting speaks for it."""
