"""PostgreSQL of the fleet: made once, with its roles and seeds; copied for every reset."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from bench.incidents.waiting import until

_SEEDS = Path(__file__).parent / "seeds.sql"
_TIMEOUT_S = 60.0


async def make_database(folder: Path, port: int, user: str, secrets: Mapping[str, str], binaries: Path) -> None:
    """Leaves `postgres/data` below `folder` behind, shut down cleanly; `postgresql.conf` is there already."""
    data, password = folder / "postgres/data", folder / "run/initial"
    password.write_text(secrets["db_postgres"], encoding="utf-8")
    if user:
        shutil.chown(password, user)
    initdb = (
        "initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=scram-sha-256",
        "--pwfile", str(password), "--no-sync",
    )  # fmt: skip
    await asyncio.to_thread(_run, _as(user, binaries, initdb))
    password.unlink()
    for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):  # ours lie beside the data
        (data / name).unlink()
    configuration = f"config_file={folder}/postgres/postgresql.conf"
    server = _started(_as(user, binaries, ("postgres", "-D", str(data), "-c", configuration)), folder / "postgres")
    try:
        socket = folder / f"run/.s.PGSQL.{port}"
        await until(socket.exists, _TIMEOUT_S, what="socket of PostgreSQL")
        await until(lambda: _answers(folder, port, secrets["db_postgres"]), _TIMEOUT_S, what="answer of PostgreSQL")
        _seed(folder, port, secrets)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(_TIMEOUT_S)


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)


def _started(command: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _as(user: str, binaries: Path, command: Sequence[str]) -> Sequence[str]:
    words = (str(binaries / command[0]), *command[1:])
    if not user or os.getuid() != 0:
        return words
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words)


def _answers(folder: Path, port: int, password: str) -> bool:
    try:
        _connect(folder, port, password, "postgres").close()
    except psycopg.Error:
        return False
    return True


def _connect(folder: Path, port: int, password: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(folder / "run"), port=port, user="postgres", password=password, dbname=database, autocommit=True
    )


def _seed(folder: Path, port: int, secrets: Mapping[str, str]) -> None:
    with _connect(folder, port, secrets["db_postgres"], "postgres") as connection:
        for role, more in (("payments", ""), ("ledger", ""), ("operator", "superuser")):
            connection.execute(f"create role {role} login {more} password '{secrets['db_' + role]}'".encode())
        connection.execute("create database shop")
    with _connect(folder, port, secrets["db_postgres"], "shop") as connection:
        connection.execute(_SEEDS.read_bytes())
        connection.execute("checkpoint")
