"""What asks although nobody wrote so: stopping, deleting, paying, giving rights. `allow` lifts each of these.

What cannot be put back asks as well, and nothing lifts that. The rules go by names, as there is nothing else to go by
before a tool is called: a tool that pays under a name like `go` is for the operator's own `ask`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.policy.subjects import Subjects

STOPS = frozenset({"stop", "shutdown", "poweroff", "halt", "kill", "terminate"})
DELETES = frozenset({"delete", "drop", "truncate", "purge", "wipe", "erase", "destroy"})
GRANTS = frozenset({"grant", "revoke"})
PAYS = frozenset({"pay", "payout", "refund", "charge", "withdraw", "purchase", "buy", "invoice"})
PAID = frozenset({"amount", "amounts", "payout", "payouts", "refund", "refunds", "salary", "iban", "bic", "payee"})
BOUNDS = frozenset({"min", "max", "minimum", "maximum", "limit", "default"})

_STATEMENTS = {"sql", "statement", "statements", "query", "queries"}
_DELETING_SQL = re.compile(r"\b(?:delete|drop|truncate)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True)
class Default:
    """Something that asks unless `allow` speaks for it. `told` says for people how it is known."""

    what: str
    told: str
    is_met: Callable[[Step, Subjects], bool]


def words_of(name: str) -> frozenset[str]:
    """`services.stopAll` → services, stop, all."""
    return frozenset(word.casefold() for word in _WORD.findall(name))


def _named(words: frozenset[str]) -> Callable[[Step, Subjects], bool]:
    return lambda step, _: bool(words_of(step.tool) & words)


def _deletes(step: Step, subjects: Subjects) -> bool:
    texts = _texts(step.arguments)
    return _named(DELETES)(step, subjects) or any(_DELETING_SQL.search(text) for text in texts)


def _pays(step: Step, subjects: Subjects) -> bool:
    return _named(PAYS)(step, subjects) or any(_is_paid(key) for key in subjects.keys)


def _is_paid(key: str) -> bool:
    """Goes by the last part of the key; a bound is no payment."""
    words = words_of(key.rpartition(".")[2])
    return bool(words & PAID) and not words & BOUNDS


def _texts(arguments: Mapping[str, JsonValue]) -> Iterator[str]:
    for name, value in arguments.items():
        if name.casefold() in _STATEMENTS:
            yield from (str(each) for each in (value if isinstance(value, list) else [value]))


DEFAULTS = (
    Default("stopping a service", f"tools with a name of {', '.join(sorted(STOPS))}", _named(STOPS)),
    Default(
        "deleting data",
        f"tools with a name of {', '.join(sorted(DELETES))}, and SQL with DELETE, DROP or TRUNCATE",
        _deletes,
    ),
    Default("giving or taking rights", f"tools with a name of {', '.join(sorted(GRANTS))}", _named(GRANTS)),
    Default(
        "moving money",
        f"tools with a name of {', '.join(sorted(PAYS))}, and settings called {', '.join(sorted(PAID))}",
        _pays,
    ),
)
