import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from prunella.errors import Lost, Misuse, Transient
from prunella.storage.database import connect, find_damage, reading, transaction

_CONNECT = """
import sys
import threading
from pathlib import Path
from prunella.storage.database import connect
sys.stdin.readline()
print(connect(Path(sys.argv[1])).execute("SELECT count(*) FROM fence").fetchone()[0])
"""


def _steps(folder: Path, *scripts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for number, script in enumerate(scripts, start=1):
        (folder / f"{number:04d}.sql").write_text(script)
    return folder


def _version(path: Path) -> int:
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version


def test_every_file_of_the_database_is_for_its_owner_only(database: Path, connection: sqlite3.Connection):
    with transaction(connection):
        connection.execute("UPDATE fence SET token = 1")
    files = sorted(database.parent.iterdir())
    assert [file.name for file in files] == ["state.db", "state.db-shm", "state.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_commits_are_synced_and_writers_wait(connection: sqlite3.Connection):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "recursive_triggers": 1}
    assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted


def test_a_second_connection_finds_what_the_first_wrote(database: Path, connection: sqlite3.Connection):
    with transaction(connection):
        connection.execute("UPDATE fence SET token = 7")
    second = connect(database)
    assert second.execute("SELECT token FROM fence").fetchone()["token"] == 7
    second.close()


def test_an_old_database_is_migrated_and_keeps_its_rows(tmp_path: Path):
    first = _steps(tmp_path / "first", "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('kept; really');")
    connect(tmp_path / "db", first).close()
    trigger = "CREATE TRIGGER r BEFORE DELETE ON t BEGIN\n  SELECT 1; SELECT RAISE(ABORT, 'no');\nEND;\n"
    second = _steps(
        tmp_path / "second", "SELECT broken", "-- why; and how\nALTER TABLE t ADD COLUMN b TEXT;\n" + trigger
    )
    connection = connect(tmp_path / "db", second)
    assert [tuple(row) for row in connection.execute("SELECT a, b FROM t")] == [("kept; really", None)]
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        connection.execute("DELETE FROM t")
    connection.close()
    assert _version(tmp_path / "db") == 2


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path):
    connect(tmp_path / "db", _steps(tmp_path / "steps", "CREATE TABLE t (a);")).close()
    steps = _steps(tmp_path / "steps", "CREATE TABLE t (a);", "CREATE TABLE u (a);\nDROP TABLE missing;")
    with pytest.raises(Misuse, match="no such table: missing"):
        connect(tmp_path / "db", steps)
    assert _version(tmp_path / "db") == 1
    connection = sqlite3.connect(tmp_path / "db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
    connection.close()


def test_processes_that_meet_at_the_first_start_all_get_in(database: Path):
    command = [sys.executable, "-c", _CONNECT, str(database)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # communicate closes them
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    assert [child.communicate(timeout=20)[0] for child in children] == ["1\n"] * 4


def test_a_first_start_waits_for_a_writer_that_came_before_it(database: Path):
    writer = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("CREATE TABLE other (a)")
    committing = threading.Timer(0.2, writer.execute, ["COMMIT"])
    committing.start()
    connect(database).close()
    committing.join()
    writer.close()


def test_a_database_of_a_newer_version_is_not_touched(database: Path):
    newer = sqlite3.connect(database)
    newer.executescript("CREATE TABLE later (a); PRAGMA user_version = 99;")
    newer.close()
    before = database.read_bytes()
    with pytest.raises(Misuse, match=r"has version 99, this Prunella knows versions up to \d+\. Install the newer"):
        connect(database)
    assert database.read_bytes() == before
    assert [file.name for file in database.parent.iterdir()] == ["state.db"]


@pytest.mark.parametrize(
    "content", [b"not a database, but somebody's diary" * 99, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_file_is_refused_and_kept(database: Path, content: bytes):
    database.write_bytes(content)
    with pytest.raises(Misuse, match=r"state\.db cannot be used: .+ Nothing was changed in it\. Move it away"):
        connect(database)
    assert database.read_bytes() == content


def test_a_folder_in_its_place_is_refused(database: Path):
    database.mkdir()
    with pytest.raises(Misuse, match="cannot be used"):
        connect(database)


def test_a_place_that_cannot_be_written_is_refused():
    with pytest.raises(Misuse, match="cannot be used"):
        connect(Path("/proc/state.db"))


def test_damage_in_the_middle_is_found(database: Path, connection: sqlite3.Connection):
    assert find_damage(connection) == ""
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()[0]
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with database.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    damaged = connect(database)
    try:
        assert find_damage(damaged) != ""
        with pytest.raises(Lost, match="malformed"), reading():
            damaged.execute("SELECT * FROM runs").fetchall()
    finally:
        damaged.close()


def test_a_failed_block_writes_nothing(connection: sqlite3.Connection):
    def interrupted() -> None:
        with transaction(connection):
            connection.execute("UPDATE fence SET token = 9")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert connection.execute("SELECT token FROM fence").fetchone()[0] == 0
    assert not connection.in_transaction


def test_a_database_that_stays_locked_may_be_tried_again(database: Path, connection: sqlite3.Connection):
    impatient = connect(database)
    impatient.execute("PRAGMA busy_timeout=20")
    with transaction(connection):
        connection.execute("UPDATE fence SET token = 3")
        with pytest.raises(Transient, match="locked"), transaction(impatient):
            pass
    with transaction(impatient):
        assert impatient.execute("SELECT token FROM fence").fetchone()[0] == 3
    impatient.close()


def test_a_full_disk_means_that_our_state_is_lost(connection: sqlite3.Connection):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Lost, match="full"), transaction(connection):
        connection.execute("CREATE TABLE big AS SELECT zeroblob(100000) AS zeros")
    assert connection.execute("SELECT token FROM fence").fetchone()[0] == 0


def test_a_mistake_of_our_own_is_not_dressed_up(connection: sqlite3.Connection):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), transaction(connection):
        connection.execute("SELECT * FROM missing")
