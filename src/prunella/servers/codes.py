"""Everything that a server can say of itself that is not as it should be: one table of codes, stable for ever.

A code comes with exactly the fields that stand here; one that is not known in a case is "".
"""

from dataclasses import dataclass

from prunella.domain.facts import ServerFact
from prunella.errors import Misuse
from prunella.redaction.redactor import Redactor

_LONGEST = 300


@dataclass(frozen=True)
class Kind:
    """What a code means, and the fields that come with it."""

    meaning: str
    fields: tuple[str, ...]


_POSTGRES = {
    "unreachable": Kind("nothing answers, or not in time", ("message", "state")),
    "refused": Kind("it lets us not in; `state` is the SQLSTATE", ("message", "state")),
    "bad-setting": Kind(
        "a line of a configuration file that it would refuse at its next start or reload",
        ("file", "line", "setting", "value", "error"),
    ),
    "pending-restart": Kind(
        "a setting whose value on disk takes a restart", ("setting", "running", "wanted", "file", "line")
    ),
    "not-loaded": Kind("a file that was written after it was last loaded", ("file", "written", "loaded")),
    "bad-hba": Kind("a line of pg_hba.conf that it cannot read", ("file", "line", "error")),
    "read-only": Kind(
        "it refuses to write; `cause` is `recovery` or `default_transaction_read_only`",
        ("cause", "source", "file", "line"),
    ),
    "blocked": Kind(
        "a session that others wait for, at the root of its queue; `blocked` is how many wait, `table` for what",
        (
            "pid", "backend_start", "application", "user", "database", "client", "state", "since", "query", "kind",
            "table", "blocked", "waiting_s",
        ),
    ),
    "prepared": Kind(
        "a prepared transaction that nobody ended within five minutes, or that others wait for",
        ("gid", "user", "database", "since"),
    ),
    "idle-in-transaction": Kind(
        "a session that has held its transaction open for over a minute without doing anything",
        ("pid", "backend_start", "application", "user", "database", "client", "state", "since", "query"),
    ),
    "slots": Kind(
        "connections run out; `of` is `server`, `role NAME` or `database NAME`", ("of", "used", "limit", "reserved")
    ),
    "idle-hog": Kind(
        "an application that keeps many idle connections while they run out; `pids` are these, longest idle first",
        ("application", "user", "database", "count", "idle", "idle_in_transaction", "since", "pids"),
    ),
    "sequence-end": Kind(
        "a sequence near or at its last value, or at the last that its column holds",
        ("sequence", "table", "column", "last", "limit", "limited_by", "ended"),
    ),
    "sequence-behind": Kind(
        "a sequence whose next value is in its unique column already; `value` would put that right",
        ("sequence", "table", "column", "last", "highest", "value"),
    ),
    "invalid-index": Kind("an index that no query uses: it was not built to its end", ("index", "table", "definition")),
    "role-expired": Kind("a role that may log in, but whose password has run out", ("role", "until")),
    "archive-failing": Kind("WAL is not archived, and piles up", ("wal", "failed", "since", "command")),
    "slot-retains-wal": Kind("a replication slot that keeps WAL, and nobody reads", ("slot", "status", "database")),
    "wraparound": Kind("transaction ids run out: the database will stop to write", ("database", "age")),
    "checksum-failures": Kind("pages on disk are damaged", ("database", "failures", "since")),
}  # fmt: skip
_REDIS = {
    "unreachable": Kind("nothing answers, or not in time", ("message", "state")),
    "refused": Kind("it lets us not in; `state` is its error code", ("message", "state")),
    "loading": Kind("it reads its data from disk and answers nothing else", ("percent", "eta_s")),
    "no-room": Kind(
        "memory is at its limit and nothing may be evicted: writes are refused",
        ("used", "maxmemory", "policy", "eviction_pays"),
    ),
    "save-failed": Kind(
        "its last snapshot failed; `stops_writes` yes: it refuses writes", ("dir", "file", "stops_writes", "saved")
    ),
    "aof-failed": Kind("its append-only file failed; `what` is `write` or `rewrite`", ("what", "dir", "file")),
    "evicts-jobs": Kind(
        "a policy that throws away keys when memory is short, on a database with lists or streams that never expire",
        ("policy", "maxmemory", "evicted", "queues", "example"),
    ),
    "clients": Kind(
        "connections run out; `busiest` holds the most of them", ("connected", "limit", "rejected", "busiest", "count")
    ),
    "paused": Kind("somebody told it to keep clients waiting", ("actions", "ends_in_ms")),
    "protected": Kind("protected mode turns clients of other hosts away, as there is no password", ("bind",)),
    "replica": Kind("it is a replica, and takes no writes of clients", ("master", "writable")),
    "link-down": Kind("a replica without its master", ("master", "down_s", "refuses_reads")),
    "replica-lag": Kind("a replica that is far behind", ("replica", "lag_s", "state")),
    "too-few-replicas": Kind("it refuses writes, as too few replicas keep up", ("good", "wanted")),
    "drift": Kind(
        "a setting that runs with another value than its file gives it; secrets are left out",
        ("setting", "running", "wanted", "file", "line"),
    ),
    "bad-setting": Kind(
        "a line of its file that names no setting: it would not start", ("file", "line", "setting", "error")
    ),
}  # fmt: skip
CODES = {
    **{f"postgres.{name}": kind for name, kind in _POSTGRES.items()},
    **{f"redis.{name}": kind for name, kind in _REDIS.items()},
}


def fact(code: str, service: str, text: str, **fields: object) -> ServerFact:
    """A fact as the table has it, without secrets. Raises Misuse for a code or fields that are not in the table."""
    if code not in CODES or set(fields) != set(CODES[code].fields):
        raise Misuse(f"{code} with {', '.join(fields)} is no fact that servers/codes.py knows.")
    redactor = Redactor()
    told = {name: redactor.text(_text(value)) for name, value in fields.items()}
    return ServerFact(code=code, service=service, text=redactor.text(text), fields=told)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            text = str(value)
            return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
