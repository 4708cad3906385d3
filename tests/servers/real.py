"""Real servers of our own on loopback, each in a folder of its own, ended with its block."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import psycopg
import pytest
import redis

from prunella.domain.service import ConnectSpec
from prunella.testing.ports import free_ports

PASSWORD = "pa:ss/w@rd %"  # noqa: S105 -- of servers that live for seconds
SECRET = "SERVER_PASSWORD"  # noqa: S105 -- the name of a reference
QUIET: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def postgres_binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or next((str(each) for each in found), None)


@dataclass(frozen=True)
class Postgres:
    """A server; `admin` is its superuser, `app` a role without rights. Both have the password."""

    data: Path
    port: int

    def connect(self, database: str = "postgres", user: str = "admin") -> ConnectSpec:
        return ConnectSpec(url=f"postgresql://{user}@127.0.0.1:{self.port}/{database}", password=SECRET)

    def open(
        self, database: str = "postgres", user: str = "admin", *, application: str = "", autocommit: bool = True
    ) -> "psycopg.Connection[Any]":
        uri = f"postgresql://{user}@127.0.0.1:{self.port}/{database}?application_name={quote(application)}"
        return psycopg.connect(uri, autocommit=autocommit, password=PASSWORD)

    def do(self, *statements: str, database: str = "postgres") -> None:
        with self.open(database) as connection:
            for each in statements:
                connection.execute(each.encode())

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with self.open(database) as connection:
            return connection.execute(query.encode()).fetchall()

    def new(self, name: str) -> str:
        """An empty database of this name."""
        self.do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        return name

    def append(self, text: str, file: str = "postgresql.conf") -> str:
        """Write more into a file of its own; what was in it before."""
        path = self.data / file
        before = path.read_text()
        path.write_text(before + text)
        return before

    def reload(self) -> None:
        self.do("SELECT pg_reload_conf()")
        time.sleep(0.2)


@contextmanager
def postgres_server(**settings: str) -> Generator[Postgres]:
    """Skips the test where there is none."""
    initdb, postgres = postgres_binary("initdb"), postgres_binary("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL on this machine: install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="prunella-pg-"))
    who: Any = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    (folder / "password").write_text(PASSWORD)
    if who:
        shutil.chown(folder, **who)
        shutil.chown(folder / "password", **who)
    how = ["--no-sync", "--no-instructions", "-U", "admin", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
    made = [initdb, "-D", f"{folder}/data", "-E", "UTF8", "--locale=C.UTF-8", *how]
    subprocess.run(made, check=True, timeout=60, cwd="/", **who, **QUIET)
    port = free_ports(1)[0]
    given = {
        "fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port),
        "max_connections": "20", "superuser_reserved_connections": "3", **settings,
    }  # fmt: skip
    place = Postgres(folder / "data", port)
    place.append("".join(f"{name} = '{value}'\n" for name, value in given.items()))
    running = subprocess.Popen([postgres, "-D", f"{folder}/data"], cwd="/", **who, **QUIET)
    try:
        _wait_for(place)
        place.do(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
        yield place
    finally:
        running.send_signal(signal.SIGQUIT)
        running.wait(timeout=20)
        shutil.rmtree(folder)


def _wait_for(place: Postgres) -> None:
    for _ in range(400):
        with suppress(psycopg.OperationalError):
            place.rows("SELECT 1")
            return
        time.sleep(0.05)
    raise TimeoutError("PostgreSQL did not start.")


@dataclass(frozen=True)
class Redis:
    """A server; its configuration is `file`, its data lies beside it."""

    folder: Path
    port: int

    @property
    def file(self) -> Path:
        return self.folder / "redis.conf"

    def connect(self, database: int = 0) -> ConnectSpec:
        return ConnectSpec(url=f"redis://127.0.0.1:{self.port}/{database}", password=SECRET)

    def ask(self, *words: str | bytes | int) -> Any:
        """By another hand than ours; the reply as bytes."""
        with redis.Redis.from_url(f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}?protocol=2") as client:
            return cast("Any", client).execute_command(*words)

    def dumps(self) -> dict[bytes, bytes]:
        """Every key with all that it holds, as DUMP gives it."""
        return {key: self.ask("DUMP", key) for key in sorted(self.ask("KEYS", "*"))}


@contextmanager
def redis_server(*lines: str) -> Generator[Redis]:
    """Skips the test where there is none."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no Redis on this machine: install the package redis-server")
    folder = Path(tempfile.mkdtemp(prefix="prunella-redis-"))
    place = Redis(folder, free_ports(1)[0])
    own = (f"port {place.port}", "bind 127.0.0.1", f"dir {folder}", f'requirepass "{PASSWORD}"', "save 3600 1 300 100")
    place.file.write_text("\n".join((*own, *lines)) + "\n")
    running = subprocess.Popen([binary, str(place.file)], cwd=folder, **QUIET)
    try:
        for _ in range(200):
            with suppress(Exception):
                place.ask("PING")
                break
            time.sleep(0.02)
        yield place
    finally:
        running.kill()
        running.wait(timeout=20)
        shutil.rmtree(folder)
