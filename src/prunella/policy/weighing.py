"""Rules held against what somebody wants to do, one by one, and the word that comes out."""

from collections.abc import Iterable
from dataclasses import dataclass

from prunella.domain.ruling import Permission, Ruling

ORDER = tuple(Permission)


@dataclass(frozen=True)
class Weighed:
    """One rule that was held against a step or a plan. `ruling` None: it has nothing to say of it.

    `rule` is the rule as people write it, `place` where it stands: `/srv/shop/prunella.toml:14`; "" for nowhere.
    """

    rule: str
    place: str
    ruling: Ruling | None = None


def first_word(weighed: Iterable[Weighed]) -> Ruling:
    """The first rule that has something to say decides; one of them must."""
    return next(each.ruling for each in weighed if each.ruling is not None)


def strictest_word(weighed: Iterable[Weighed]) -> Ruling:
    """The strictest permission, with the reasons of all that give it; final when one of them is."""
    rulings = [each.ruling for each in weighed if each.ruling is not None]
    permission = max((ruling.permission for ruling in rulings), key=ORDER.index, default=Permission.ALLOW)
    holding = [ruling for ruling in rulings if ruling.permission is permission]
    reason = " ".join(dict.fromkeys(ruling.reason for ruling in holding))
    return Ruling(permission=permission, reason=reason, final=any(ruling.final for ruling in holding))


def allow(reason: str) -> Ruling:
    return Ruling(permission=Permission.ALLOW, reason=reason)


def ask(reason: str, *, final: bool = False) -> Ruling:
    return Ruling(permission=Permission.ASK, reason=reason, final=final)


def deny(reason: str, *, final: bool = False) -> Ruling:
    return Ruling(permission=Permission.DENY, reason=reason, final=final)
