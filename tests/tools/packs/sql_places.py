"""Real databases for tests: a SQLite file, and a database of a PostgreSQL server of our own."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import psycopg

PASSWORD = "pa:ss/w@rd"  # noqa: S105 -- of a server that lives for seconds
TABLES = (
    "CREATE TABLE customers (customer_id integer PRIMARY KEY, name text NOT NULL, password text)",
    """CREATE TABLE orders (
        id integer PRIMARY KEY, customer_id integer REFERENCES customers (customer_id) ON DELETE CASCADE,
        status text DEFAULT 'new', total numeric(8, 2), note text, changed_at timestamp DEFAULT CURRENT_TIMESTAMP)""",
    "CREATE TABLE visits (page text, seconds real)",
    "CREATE TABLE lines (order_id integer, place integer, item text, PRIMARY KEY (order_id, place))",
    "CREATE TABLE seats (id integer PRIMARY KEY, number integer UNIQUE)",
    "INSERT INTO customers VALUES (1, 'Ada', 'geheim1'), (2, 'Bob', 'geheim2')",
    """INSERT INTO orders VALUES (1, 1, 'paid', 3.10, 'a', '2026-01-01 00:00:00'),
        (2, 1, 'paid', 2.00, NULL, '2026-01-01 00:00:00'), (3, 2, 'new', 9.99, '', '2026-01-01 00:00:00')""",
    "INSERT INTO visits VALUES ('/', 1.5), ('/a', 2.5)",
    "INSERT INTO lines VALUES (1, 1, 'tea'), (1, 2, 'cup'), (2, 1, 'tea')",
    "INSERT INTO seats VALUES (1, 10), (2, 20)",
)
NAMES = ("customers", "orders", "visits", "lines", "seats")


class Place(Protocol):
    """A database, also as somebody else sees it."""

    @property
    def url(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def do(self, *statements: str) -> None:
        """By another hand than ours."""
        ...

    def all_rows(self, *queries: str) -> list[list[tuple[Any, ...]]]: ...

    def rows(self, query: str) -> list[tuple[Any, ...]]: ...


def contents(place: Place) -> list[list[str]]:
    """All rows of all tables that tests change."""
    return [
        sorted(map(repr, rows)) for rows in place.all_rows(*("SELECT * FROM ?".replace("?", name) for name in NAMES))
    ]


@dataclass(frozen=True)
class SqlitePlace:
    path: Path
    kind: str = "sqlite"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def do(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=5)) as connection:
            for each in statements:
                connection.execute(each)
            connection.commit()

    def all_rows(self, *queries: str) -> list[list[tuple[Any, ...]]]:
        with closing(sqlite3.connect(self.path, timeout=5)) as connection:
            return [connection.execute(query).fetchall() for query in queries]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.all_rows(query)[0]


@dataclass(frozen=True)
class PostgresPlace:
    port: int
    database: str
    kind: str = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://admin:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{self.database}"

    def do(self, *statements: str) -> None:
        with self._connected() as connection:
            for each in statements:
                connection.execute(each.encode())

    def all_rows(self, *queries: str) -> list[list[tuple[Any, ...]]]:
        with self._connected() as connection:
            return [connection.execute(query.encode()).fetchall() for query in queries]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.all_rows(query)[0]

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="admin", password=PASSWORD, dbname=self.database, autocommit=True
        )  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on loopback."""

    port: int

    def new(self) -> PostgresPlace:
        """Its one database, empty."""
        place = PostgresPlace(self.port, "postgres")
        place.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        return place


@contextmanager
def postgres_server() -> Generator[Server]:
    """Needs `initdb` and `postgres` on the PATH; as root it runs as the system's `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="prunella-pg-"))
    who = {"user": "postgres"} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, "postgres")
    (folder / "password").write_text(PASSWORD)
    quiet: Any = {**who, "cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if who:
        shutil.chown(folder / "password", "postgres")
    how = ["--no-sync", "--no-instructions", "-U", "admin", "-A", "password", f"--pwfile={folder}/password"]
    subprocess.run(
        ["initdb", "-D", f"{folder}/data", "-E", "UTF8", "--locale=C.UTF-8", *how], check=True, timeout=60, **quiet
    )
    port = free_port()
    settings = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    server = subprocess.Popen(["postgres", "-D", f"{folder}/data", "-p", str(port), *settings], **quiet)
    try:
        wait_for(PostgresPlace(port, "postgres"))
        yield Server(port)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=20)
        shutil.rmtree(folder)


def wait_for(place: PostgresPlace) -> None:
    for _ in range(400):
        try:
            place.rows("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("PostgreSQL did not start.")


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
