"""The words that names of settings are made of, and how near two of them are."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

_ALIASES: tuple[frozenset[str], ...] = (
    frozenset({"postgres", "postgresql", "pg", "db", "database", "sql", "mysql", "mariadb"}),
    frozenset({"redis", "cache", "valkey", "memcached"}),
    frozenset({"rabbitmq", "amqp", "kafka", "broker", "queue", "mq", "nats"}),
)


@lru_cache(maxsize=20_000)
def tokens(name: str) -> tuple[str, ...]:
    """`db.poolSize`, `DB_POOL_SIZE` and `db-pool-size` give the same: `("db", "pool", "size")`."""
    return tuple(part.lower() for part in _TOKEN.findall(name))


@lru_cache(maxsize=20_000)
def normal(name: str) -> str:
    return "".join(tokens(name))


def leaf(key: str) -> str:
    """The last part of a dotted key: `server.http.port` gives `port`."""
    return key.rsplit(".", 1)[-1].strip("\"'")


@lru_cache(maxsize=20_000)
def distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other."""
    earlier: list[int] = []
    previous = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        earlier, previous = previous, row
    return previous[-1]


def is_near(one: str, other: str) -> bool:
    """A slip of the fingers apart: one edit in a short word, two from six letters on; equal is not near."""
    longest = max(len(one), len(other))
    if one == other or longest < 3 or abs(len(one) - len(other)) > 2:
        return False
    return distance(one, other) <= (1 if longest < 6 else 2)


def names_service(text: str, service: str) -> bool:
    """`LEDGER_URL` names `ledger`; `database.host` names `postgres` by its trade."""
    words, wanted = tokens(text), tokens(service)
    if not words or not wanted:
        return False
    if any(words[i : i + len(wanted)] == wanted for i in range(len(words))) or normal(service) in words:
        return True
    kinds = [group for group in _ALIASES if group & set(wanted)]
    return any(group & set(words) for group in kinds)
