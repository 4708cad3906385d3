"""Is the journal still what was written?"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from prunella.sealing import Sealer
from prunella.storage.chain import COLUMNS, GENESIS, is_keyed, is_linked
from prunella.storage.database import reading
from prunella.storage.head import Head, HeadFile
from prunella.storage.statements import sql

_TRIGGERS = ("changes", "forgets", "replaces")
_MOST_FAULTS = 100


@dataclass(frozen=True)
class Fault:
    """One thing wrong with line `line` (from 1) of the journal, which is of entry `number` of `run`.

    `kind` is changed, missing, moved, unkeyed, unguarded or unexpected. Where it is of no line, `line` and `number`
    are 0 and `run` is "".
    """

    kind: str
    message: str
    line: int = 0
    run: str = ""
    number: int = 0


@dataclass
class Audit:
    """What a walk over the journal found. `hash` is that of the last line; `keyed` lines prove a key."""

    lines: int = 0
    keyed: int = 0
    hash: str = GENESIS
    faults: list[Fault] = field(default_factory=list[Fault])


def audit_journal(connection: sqlite3.Connection, sealer: Sealer | None = None, expect: str = "") -> Audit:
    """Walk all lines of all runs, oldest first, and compare: each with its own hash and with the line before it, the
    end with `journal_head` and with `audit.head` beside the database, and some line with `expect` ("": nothing).

    What it cannot see: whoever may write to the whole state folder, and has no key to meet, can write a new history
    with new hashes, or cut the end off in the table, the head and the file alike. With a key they cannot make a line
    up, yet they can cut the end off, or bring an older copy of everything back. Only a hash that was put down
    elsewhere and is given as `expect` shows that.

    Raises Misuse when the key of a line is missing.
    """
    audit, wanted, file = Audit(), expect.strip(), HeadFile.beside(connection)
    anchors = [] if file is None else [(file.path.name, file.read())]
    with reading():
        connection.execute("BEGIN")
        try:
            head = connection.execute(sql("journal_head")).fetchone()
            hashes = list(_walk(connection, sealer, audit))
            audit.faults += _unguarded(connection)
        finally:
            connection.execute("COMMIT")
    anchors.append(("the table journal_head", Head(head["lines"], head["hash"]) if head else None))
    audit.faults += [fault for name, known in anchors for fault in _against(name, known, hashes)]
    if wanted and wanted not in hashes:
        audit.faults.append(Fault("unexpected", f"No line has the expected hash {wanted}: this is another history."))
    del audit.faults[_MOST_FAULTS:]
    return audit


def _walk(connection: sqlite3.Connection, sealer: Sealer | None, audit: Audit) -> Iterator[str]:
    """The hashes of all lines; what is wrong with them is added to the audit."""
    places = {GENESIS: 0} | {
        str(row["hash"]): line for line, row in enumerate(connection.execute("SELECT hash FROM journal ORDER BY id"), 1)
    }
    before: sqlite3.Row | None = None
    for row in connection.execute(sql("journal_lines")):
        audit.lines += 1
        if len(audit.faults) < _MOST_FAULTS:
            audit.faults += _faults_of(row, before, audit, places, sealer)
        audit.hash = str(row["hash"])
        audit.keyed += is_keyed(audit.hash)
        before = row
        yield audit.hash


def _faults_of(
    row: sqlite3.Row, before: sqlite3.Row | None, audit: Audit, places: dict[str, int], sealer: Sealer | None
) -> Iterator[Fault]:
    where = (audit.lines, row["run"], row["number"])
    what = f"line {audit.lines} (run {row['run']}, entry {row['number']}, {row['outcome']})"
    if not is_linked(str(row["hash"]), str(row["previous"]), [row[name] for name in COLUMNS], sealer):
        yield Fault("changed", f"{what} is not what was written.", *where)
    if is_keyed(audit.hash) and not is_keyed(str(row["hash"])):
        yield Fault("unkeyed", f"{what} was written without the key, after lines that have it.", *where)
    if row["previous"] == audit.hash:
        return
    between = f"between {_name(before)} and {what}" if before is not None else f"before {what}"
    follows = places.get(str(row["previous"]))
    if follows is None:
        yield Fault("missing", f"One line or more is missing {between}.", *where)
    else:
        after = f"after line {follows}" if follows else "at the beginning"
        yield Fault("moved", f"{what} is not in its place: it was written {after}.", *where)


def _name(row: sqlite3.Row) -> str:
    return f"entry {row['number']} of run {row['run']} ({row['outcome']})"


def _against(name: str, known: Head | None, hashes: list[str]) -> Iterator[Fault]:
    """Does the journal end where it was said to, or later?"""
    if known is None:
        if hashes:
            yield Fault("missing", f"{name}, which tells how the journal ends, is missing or cannot be read.")
    elif known.lines > len(hashes):
        yield Fault("missing", f"{known.lines - len(hashes)} lines are missing at the end, by {name}: it tells of "
                    f"{known.lines}, there are {len(hashes)}.", len(hashes))  # fmt: skip
    elif known.lines and hashes[known.lines - 1] != known.hash:
        yield Fault("changed", f"line {known.lines} is not the one that {name} tells of.", known.lines)


def _unguarded(connection: sqlite3.Connection) -> Iterator[Fault]:
    found = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    for name in _TRIGGERS:
        if f"journal_never_{name}" not in found:
            message = f"The trigger journal_never_{name}, which keeps lines as they are, was taken away."
            yield Fault("unguarded", message)
