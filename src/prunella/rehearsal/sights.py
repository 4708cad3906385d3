"""What was seen on one state of the files, and what two of them say about a plan. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prunella.domain.fingerprint import without_noise
from prunella.domain.rehearsal import Trial

# What a program says that misses something which is not there on a shadow: others to talk to, and leave to write.
_MISSES = re.compile(
    r"connection refused|ECONN|connect(ion)? (failed|error|timed out)|(could|can)( ?not|n't) (connect|resolve|reach)"
    r"|unreachable|ENETUNREACH|EHOSTUNREACH|no route to host|name or service|name resolution|no such host|getaddrinfo"
    r"|ENOTFOUND|EAI_|timed out|ETIMEDOUT|deadline exceeded|max retries|address already in use|EADDRINUSE"
    r"|cannot assign requested address|EADDRNOTAVAIL|read-only file system|EROFS|permission denied|EACCES"
    r"|operation not permitted|EPERM|host not found|checkpoint record|WAL ends before|no space left on device|ENOSPC",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sight:
    """What one check said. `ok` None: nothing, and `said` is why. Checks of one `trial` are told together.

    `errors` is what the program itself says. `missed`: it looked for somebody over the network, who is not there.
    `firmness` of a red: 2 it stays, 1 it hardly changes, 0 it may be of the first moments only. `kind` is the way of
    trying that it came from, "" for a parser.
    """

    trial: str
    ok: bool | None
    said: str = ""
    errors: str = ""
    missed: bool = False
    firmness: int = 2
    kind: str = ""

    @property
    def sign(self) -> str:
        """Equal for two sights of the same trouble."""
        return without_noise(self.errors or self.said)

    def lacks_others(self, present: "Sight") -> bool:
        """It may be red only because of where it was tried. Not when it has words of its own for it, and what is there
        now misses others too, without being red.
        """
        has_own_words = present.missed and bool(self.errors.strip())
        return bool(_MISSES.search(self.errors)) or (self.missed and not has_own_words)


Sights = Mapping[str, Sight]


def trials(present: Sights, planned: Sights, values: Iterable[str] = ()) -> tuple[Trial, ...]:
    """What the plan's state is worth, beside the state that is there; `values` are what the plan sets.

    Against it speaks only what passes without it, or an error that complains of a value which it sets.
    """
    found: dict[str, list[Trial]] = {}
    known = frozenset(value for value in values if len(value) > 2)
    for name, sight in planned.items():
        found.setdefault(sight.trial, []).append(_compared(name, present.get(name), sight, known))
    return tuple(_together(name, each) for name, each in found.items())


def against(present: Sights, planned: Sights, values: Iterable[str] = ()) -> tuple[Sight, ...]:
    """What speaks against the plan."""
    known = frozenset(value for value in values if len(value) > 2)
    return tuple(
        sight for name, sight in planned.items() if _compared(name, present.get(name), sight, known).ok is False
    )


def tells_apart(passing: Sights, failing: Sights) -> dict[str, Sight]:
    """The checks that pass on the one and fail on the other, as the other has them."""
    return {name: sight for name, sight in failing.items() if sight.ok is False and _passes(passing.get(name))}


def _passes(sight: Sight | None) -> bool:
    return sight is not None and sight.ok is True


def _compared(name: str, present: Sight | None, planned: Sight, values: frozenset[str]) -> Trial:
    if planned.ok is not False:
        return Trial(name=name, ok=planned.ok, detail=_with(present, planned))
    if present is None or present.ok is None:
        return Trial(name=name, ok=None, detail=f"red, with nothing to compare it with: {planned.said}")
    ok, why = _of_a_red_one(present, planned, values)
    return Trial(
        name=name,
        ok=ok,
        detail=f"{why}{planned.said}" if _is_alike(planned, present) else f"{why}{_beside(planned, present)}",
    )


def _of_a_red_one(present: Sight, planned: Sight, values: frozenset[str]) -> tuple[bool | None, str]:
    """False where it speaks against the plan; and what to say in front ("": what there is without the plan)."""
    if present.ok and planned.lacks_others(present):
        return None, "it looks for what a shadow does not have: "
    if present.ok:
        return False, ""
    if planned.sign == present.sign:
        return None, "red with the plan as without it: "
    if _complains_of(values, planned, present):
        return False, "it complains of what the plan sets: "
    return None, "still red, with another error: "


def _is_alike(planned: Sight, present: Sight) -> bool:
    return present.ok is False and planned.sign == present.sign


def _with(present: Sight | None, planned: Sight) -> str:
    return _beside(planned, present) if planned.ok and present and present.ok is False else planned.said


def _beside(planned: Sight, present: Sight) -> str:
    return f"{planned.said} (without the plan: {present.said})"


def _complains_of(values: frozenset[str], planned: Sight, present: Sight) -> bool:
    if planned.lacks_others(present):
        return False
    old = {without_noise(line) for line in present.errors.splitlines()}
    fresh = [line for line in planned.errors.splitlines() if without_noise(line) not in old]
    words = [re.compile(rf"(?<!\w){re.escape(value)}(?!\w)") for value in values]
    return any(word.search(line) for line in fresh for word in words)


def _together(name: str, checks: list[Trial]) -> Trial:
    """One that speaks against it outweighs all; one that passes outweighs those that say nothing."""
    for ok in (False, True):
        telling = [check.detail for check in checks if check.ok is ok and check.detail]
        if any(check.ok is ok for check in checks):
            return Trial(name=name, ok=ok, detail="; ".join(dict.fromkeys(telling)))
    return Trial(name=name, ok=None, detail="; ".join(dict.fromkeys(check.detail for check in checks)))
