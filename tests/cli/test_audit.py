"""`prunella audit`, as a user runs it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.run import Event, EventKind
from prunella.domain.tool import Prepared
from prunella.sealing import Sealer
from prunella.storage.database import connect
from prunella.storage.events import EventFile
from prunella.storage.folder import open_folder
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.clock import FakeClock
from prunella.testing.runs import sample_record

KEY = "6b" * 32
SECRET = "mandolin44river"  # noqa: S105 -- made up
VERIFY = "from prunella.cli.audit import verify_journal; sys.exit(verify_journal(expect, json=json))"
SHOW = "from prunella.cli.audit import show_audit; sys.exit(show_audit(expect, json=json))"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return open_folder(tmp_path / "home")


def say(
    home: Path, verb: str, word: str = "", *, json: bool = False, **environ: str
) -> "subprocess.CompletedProcess[str]":
    program = f"import sys; json, expect = {json}, {word!r}\n{verb}"
    known = {"PATH": os.environ["PATH"], "PRUNELLA_HOME": str(home), "TZ": "UTC", **environ}
    return subprocess.run(
        [sys.executable, "-c", program], env=known, capture_output=True, text=True, timeout=60, check=False
    )


def remember(home: Path, run: str, *, asked: bool, sealer: Sealer | None = None) -> None:
    """A run that changed one setting; `asked`: a human allowed it, which stands in the approvals."""
    connection = connect(home / "state.db")
    step = Step(tool="config.set", arguments={"file": "/srv/shop/.env", "key": "DB_PASSWORD", "value": SECRET})
    plan = Plan(cause="c", steps=(step,))
    record = asyncio.run(SqliteRuns(connection).open(sample_record(run, run)))
    if asked:
        connection.execute(
            "INSERT INTO approvals (run, id, plan, request, asked, answer, answered_at, answered_by) "
            "VALUES (?, 'q1', ?, '{}', 1.0, json_object('approved', json('true')), 86400.0, 'rosa')",
            (run, plan.key),
        )
    journal = SqliteJournal(connection, FakeClock(), sealer)
    entry = asyncio.run(journal.intend(run, record.token, plan, step, Prepared(before=SECRET, difference="1 line")))
    asyncio.run(journal.settle(entry, record.token, Outcome.APPLIED, None))
    connection.close()
    events = EventFile(home, run)
    data = {"plan": plan.key, "approved": "yes"} | ({"by": "rosa"} if asked else {})
    text = "Approved by rosa" if asked else "Allowed. Autonomy is auto."
    events.emit(
        Event.model_validate(
            {"run": run, "at": 5.0, "kind": EventKind.APPROVAL, "node": "approve", "text": text, "data": data}
        )
    )
    events.close()


def tamper(home: Path, statement: str) -> None:
    connection = connect(home / "state.db")
    for name in ("journal_never_changes", "journal_never_forgets"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


def test_a_sound_journal_is_said_to_be_so_with_the_hash_to_put_down(home: Path):
    assert say(home, VERIFY).stdout.startswith("✔ The journal is empty.")
    remember(home, "r1", asked=False)
    told = say(home, VERIFY)
    assert (told.returncode, told.stderr) == (0, "")
    assert "All 2 lines of the journal are as they were written." in told.stdout
    assert "Without a key anybody who may write to the state folder could have" in told.stdout
    parsed = json.loads(say(home, VERIFY, json=True).stdout)
    assert (parsed["ok"], parsed["lines"], parsed["faults"]) == (True, 2, [])
    assert parsed["hash"] in told.stdout
    remember(home, "r2", asked=False)
    assert say(home, VERIFY, parsed["hash"]).returncode == 0
    assert say(home, VERIFY, "sha256:" + "0" * 63 + "1").returncode == 1


def test_a_changed_line_is_named_and_the_exit_is_1(home: Path):
    remember(home, "r1", asked=False)
    remember(home, "r2", asked=False)
    tamper(home, "UPDATE journal SET outcome = 'undone' WHERE id = 2")
    told = say(home, VERIFY)
    assert told.returncode == 1
    assert "line 2 (run r1, entry 1, undone) is not what was written" in told.stdout
    parsed = json.loads(say(home, VERIFY, json=True).stdout)
    first = parsed["faults"][0]
    assert (first["kind"], first["line"], first["run"], first["number"]) == ("changed", 2, "r1", 1)
    assert not parsed["ok"]


def test_who_allowed_what_and_when(home: Path):
    remember(home, "r1", asked=True)
    remember(home, "r2", asked=False)
    lines = [json.loads(line) for line in say(home, SHOW, json=True).stdout.splitlines()]
    assert [(each["run"], each["by"], each["allowed_at"], each["chained"]) for each in lines] == [
        ("r1", "rosa", 86400.0, True), ("r2", "the rules", 5.0, False),
    ]  # fmt: skip
    assert lines[0]["step"]["arguments"]["value"] == "[redacted]"
    told = say(home, SHOW, "r1").stdout
    for part in (
        "run r1",
        "config.set",
        "DB_PASSWORD",
        "[redacted]",
        "applied",
        "allowed by rosa, 1970-01-02 00:00:00",
    ):
        assert part in told, told
    assert SECRET not in told
    assert "r2" not in told


def test_nothing_is_said_of_nothing(home: Path):
    assert say(home, SHOW).stdout == "Nothing was changed.\n"


def test_a_sealed_journal_takes_its_key(home: Path):
    remember(home, "r1", asked=True, sealer=Sealer([bytes.fromhex(KEY)]))
    for verb in (VERIFY, SHOW):
        without, wrong = say(home, verb), say(home, verb, PRUNELLA_KEY="7c" * 32)
        for refused in (without, wrong):
            assert refused.returncode == 1
            assert "PRUNELLA_KEY" in refused.stderr
            assert refused.stdout == ""
        assert say(home, verb, PRUNELLA_KEY=KEY).returncode == 0
    assert "rosa" in say(home, SHOW, PRUNELLA_KEY=KEY).stdout
    assert "Without a key" not in say(home, VERIFY, PRUNELLA_KEY=KEY).stdout


def test_what_undo_needs_is_sealed_and_the_leave_is_part_of_the_chain(home: Path):
    sealer = Sealer([bytes.fromhex(KEY)])
    remember(home, "r1", asked=True, sealer=sealer)
    assert not [each for each in home.iterdir() if each.is_file() and SECRET.encode() in each.read_bytes()]
    tamper(home, "UPDATE journal SET allowed = json_set(allowed, '$.by', 'mallory') WHERE id = 1")
    assert say(home, VERIFY, PRUNELLA_KEY=KEY).returncode == 1
