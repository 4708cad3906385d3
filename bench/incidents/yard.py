"""One running fleet, as those who break it, mend it by hand and judge it see it.

All paths are relative to the fleet's folder, all names of services are those of its `prunella.toml`:

| service | program of supervisord | files | reload |
|---|---|---|---|
| edge | edge | `edge/nginx.conf`, `edge/sites/shop.conf`, `edge/certs/{edge.crt,…,next/…}`, `edge/www/` | yes |
| haproxy (variant) | haproxy | `haproxy/haproxy.cfg` | no |
| payments (two) | payments | `payments/.env`, `payments/config.yaml`, `payments/current` → `releases/1.4.1` | yes |
| ledger-worker | ledger-worker | `ledger-worker/worker.toml` | no |
| fraud | fraud | `fraud/fraud.ini` | no |
| catalog, auth | catalog, auth | `catalog/catalog.json`, `auth/auth.yaml` | no |
| postgres | postgres | `postgres/postgresql.conf`, `postgres/pg_hba.conf`; data in `postgres/data` | yes |
| redis | redis | `redis/redis.conf`; data in `redis/data` | no |
| all | | `supervisor/supervisord.conf`, `etc/hosts`, `secrets/*`, `log/*.log` | `update()` |
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import psycopg
import redis
from supervisor.xmlrpc import SupervisorTransport

from bench.incidents.customers import Customer, Journey
from bench.incidents.ports import Ports
from bench.incidents.processes import end_all, of_yard
from bench.incidents.waiting import until

Variant = Literal["plain", "haproxy"]
_PROGRAMS = Path(__file__).parent / "programs"
_TIMEOUT_S = 20.0


@dataclass
class Yard:
    """The fleet in `folder`; `outside` is a folder beside it that no agent is told of.

    Whatever is opened through `spawn`, `hold_sql` and `mount_tmpfs` is ended by `let_go`, and with every reset.
    """

    folder: Path
    outside: Path
    ports: Ports
    variant: Variant = "plain"
    held: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    # files

    def path(self, name: str) -> Path:
        return self.folder / name

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """In place: mode and owner stay."""
        self.path(name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces every `old`. Raises LookupError where there is none: the incident no longer fits the fleet."""
        text = self.read(name)
        if old not in text:
            raise LookupError(f"{name} holds no {old!r}: the incident does not fit the fleet.")
        self.write(name, text.replace(old, new))

    def set_line(self, name: str, key: str, value: str) -> None:
        """Gives the one line that begins with `key` another value, with the line's own sign between the two."""
        lines = self.read(name).splitlines(keepends=True)
        places = [number for number, line in enumerate(lines) if _key_of(line) == key]
        if len(places) != 1:
            raise LookupError(f"{name} has {len(places)} lines of {key!r}: the incident does not fit the fleet.")
        head, sign, end = _split(lines[places[0]], key)
        lines[places[0]] = f"{head}{sign}{value}{end}"
        self.write(name, "".join(lines))

    def keep_healthy(self) -> None:
        """Copies all files but what servers keep: from here on they are what `pristine` and `put_back` speak of."""
        kept = self.outside / "healthy"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.folder, kept, symlinks=True, ignore=shutil.ignore_patterns("data", "log", "run"))

    def _healthy(self, name: str) -> Path:
        kept = self.outside / "healthy" / name
        return kept if kept.exists() else self.outside / "pristine" / name

    def pristine(self, name: str) -> bytes:
        """The file as it was before the fault; legitimate edits are in it."""
        return self._healthy(name).read_bytes()

    def put_back(self, *names: str) -> None:
        """Bytes, mode and owner as before the fault: what most reference repairs are."""
        for name in names:
            source, target = self._healthy(name), self.path(name)
            original = (self.outside / "pristine" / name).stat()
            shutil.copy2(source, target)
            os.chown(target, original.st_uid, original.st_gid)

    def secret(self, name: str) -> str:
        """`db_payments`, `db_ledger`, `db_operator`, `db_postgres`, `redis`, `token`."""
        return self.read(f"secrets/{name}").strip()

    # services

    @property
    def supervisor(self) -> Any:
        """The XML-RPC interface `supervisor` of supervisord, for calls that nothing here has (blocking)."""
        transport = _OneCall(None, None, f"unix://{self.folder}/run/supervisor.sock")
        return cast("Any", xmlrpc.client.ServerProxy("http://127.0.0.1", transport)).supervisor

    async def status(self) -> Mapping[str, str]:
        """The state of each program by name (`payments:payments_18081` for a group's): RUNNING, FATAL, …"""
        found = await asyncio.to_thread(self.supervisor.getAllProcessInfo)
        return {_process_name(each): each["statename"] for each in found}

    async def pids(self, service: str) -> Sequence[int]:
        """Of the processes that supervisord started for it."""
        found = await asyncio.to_thread(self.supervisor.getAllProcessInfo)
        return [each["pid"] for each in found if each["group"] == service and each["pid"]]

    async def stop(self, service: str) -> None:
        with suppress(xmlrpc.client.Fault):
            await asyncio.to_thread(self.supervisor.stopProcessGroup, service, True)

    async def start(self, service: str, *, wait: bool = True) -> None:
        """A service that does not come up is no error: see `status`."""
        with suppress(xmlrpc.client.Fault):
            await asyncio.to_thread(self.supervisor.startProcessGroup, service, wait)

    async def restart(self, service: str, *, wait: bool = True) -> None:
        await self.stop(service)
        await self.start(service, wait=wait)

    async def reload(self, service: str) -> None:
        """The service takes its files over without a stop (edge, payments, postgres)."""
        pids = await self.pids(service)
        for pid in pids:
            os.kill(pid, signal.SIGHUP)
        await asyncio.sleep(0.4)

    async def update(self) -> None:
        """Supervisord takes its own configuration over, and starts and stops what changed (`supervisorctl update`).

        Raises xmlrpc.client.Fault where it cannot be read.
        """
        added, changed, removed = (await asyncio.to_thread(self.supervisor.reloadConfig))[0]
        for name in (*changed, *removed):
            await self.stop(name)
            await asyncio.to_thread(self.supervisor.removeProcessGroup, name)
        for name in (*added, *changed):
            await asyncio.to_thread(self.supervisor.addProcessGroup, name)
        await asyncio.sleep(1.2)

    async def command(self, *words: str, timeout_s: float = _TIMEOUT_S) -> tuple[int, str]:
        """A command in the fleet's folder: its exit code, and both streams."""
        process = await asyncio.create_subprocess_exec(
            *words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.env
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), timeout_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            return -1, f"no end within {timeout_s} s"
        return process.returncode or 0, output.decode(errors="replace")

    # servers

    async def sql(self, query: str, *values: object, user: str = "postgres", database: str = "shop") -> list[Any]:
        """The rows, as tuples; in a transaction of its own. `postgres` is the superuser, over the socket."""
        return await asyncio.to_thread(self._sql, query, values, user, database)

    def _sql(self, query: str, values: tuple[object, ...], user: str, database: str) -> list[Any]:
        with psycopg.connect(self.dsn(user, database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(cast("Any", query), values or None)
            return cursor.fetchall() if cursor.description else []

    def dsn(self, user: str = "postgres", database: str = "shop") -> str:
        """Over the socket for the superuser, by TCP for all others."""
        host = str(self.path("run")) if user == "postgres" else "127.0.0.1"
        password = self.secret("db_" + {"payments": "payments", "ledger": "ledger"}.get(user, user))
        return f"host={host} port={self.ports.postgres} user={user} password={password} dbname={database}"

    async def redis(self, *words: str | bytes | int) -> Any:
        """The answer to one command, with the fleet's password. Raises redis.RedisError."""
        return await asyncio.to_thread(self._redis, words)

    def _redis(self, words: tuple[str | bytes | int, ...]) -> Any:
        client = redis.Redis(port=self.ports.redis, password=self.secret("redis"), socket_timeout=5)
        with client:
            return cast("Any", client.execute_command(*words))

    # what the incident itself keeps open

    def spawn(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        """A process of the incident's own in the fleet's folder, in its own session; it ends with the reset."""
        process = subprocess.Popen(
            words, cwd=self.folder, env={**os.environ, **env}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.held.append(lambda: _end(process))
        self.processes.append(process)
        return process

    def held_pids(self) -> list[int]:
        """Of the processes that the incident itself keeps."""
        return [process.pid for process in self.processes]

    async def hold_sql(
        self, *statements: str, user: str = "payments", app: str = "", count: int = 1, database: str = "shop"
    ) -> subprocess.Popen[bytes]:
        """`count` connections that run the statements in a transaction and stay open in it; back when they are.

        No statement: idle, outside of a transaction. One process, tagged with the application name `app`.
        """
        ready = self.outside / f"held-{len(self.held)}"
        words = (str(count), app, str(ready), *statements)
        dsn = self.dsn(user, database)
        process = self.spawn(sys.executable, str(_PROGRAMS / "holder.py"), *words, HOLDER_DSN=dsn)
        await until(ready.exists, _TIMEOUT_S, what=f"{count} held connections of {user}")
        return process

    async def mount_tmpfs(self, name: str, size_kb: int, *, service: str = "") -> Path:
        """Puts a small file system at the folder `name`, with what lay in it; `service` is stopped meanwhile.

        Needs root. The incident must say `rebuild=True`.
        """
        target = self.path(name)
        if service:
            await self.stop(service)
        aside = self.outside / f"aside-{len(self.held)}"
        shutil.move(target, aside)
        target.mkdir()
        shutil.copystat(aside, target)
        os.chown(target, aside.stat().st_uid, aside.stat().st_gid)
        stat = target.stat()
        options = f"size={size_kb}k,mode={stat.st_mode & 0o7777:o},uid={stat.st_uid},gid={stat.st_gid}"
        await asyncio.to_thread(_do, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(target))
        self.held.append(lambda: _unmount(target))
        await asyncio.to_thread(_do, "cp", "-a", f"{aside}/.", str(target))
        if service:
            await self.start(service)
        return target

    def mount_read_only(self, name: str) -> None:
        """The folder `name` as if its file system had been remounted read-only. Needs root, and `rebuild=True`."""
        target = str(self.path(name))
        subprocess.run(["mount", "--bind", target, target], check=True)
        self.held.append(lambda: _unmount(Path(target)))
        subprocess.run(["mount", "-o", "remount,ro,bind", target], check=True)

    def let_go(self) -> None:
        """Ends all of these, newest first."""
        while self.held:
            self.held.pop()()
        self.processes.clear()

    # from outside

    @property
    def customer(self) -> Customer:
        """Pays through the edge, with TLS that is checked."""
        return Customer(self.ports, self.path("edge/certs/ca.crt"))

    async def journey(self, times: int = 1, *, at_once: int = 1) -> Journey:
        """`POST /pay`, then `GET /pay/{id}`, so many times: what failed, and how long each took."""
        return await asyncio.to_thread(self.customer.pay, times, at_once)

    async def get(self, path: str, *, tls: bool = True) -> tuple[int, str]:
        """Status and body of one GET at the edge; status 0 and the reason where there was no answer."""
        return await asyncio.to_thread(self.customer.get, path, tls)

    # the whole

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of supervisord, and so of every service; by the tag its processes are found."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TZ") if name in os.environ}
        return {**kept, "FLEET": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}

    async def start_all(self) -> None:
        """Supervisord, and with it all services; back at once."""
        await asyncio.to_thread(self._start_supervisord)

    def _start_supervisord(self) -> None:
        configuration = str(self.path("supervisor/supervisord.conf"))
        with (self.outside / "supervisord.out").open("ab") as output:
            started = subprocess.Popen(
                (sys.executable, "-m", "supervisor.supervisord", "-n", "-c", configuration),
                cwd=self.folder, env=self.env, start_new_session=True, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.servers.append(started)

    async def stop_all(self, *, gently: bool = True) -> None:
        """Ends every process of the fleet; gently: as a shutdown of the machine would."""
        if gently:
            with suppress(OSError, xmlrpc.client.Error, AttributeError):
                await asyncio.to_thread(self.supervisor.shutdown)
                await until(lambda: not list(of_yard(self.folder)), 15.0, what="the fleet's end")
        await asyncio.to_thread(end_all, self.folder)
        while self.servers:
            await asyncio.to_thread(self.servers.pop().wait, _TIMEOUT_S)

    async def cold_restart(self) -> None:
        """As after a power cut that gave notice."""
        await self.stop_all()
        await self.start_all()

    def logs(self) -> Iterator[Path]:
        yield from sorted(self.path("log").glob("*"))


class _OneCall(SupervisorTransport):
    """Leaves no connection open behind a call."""

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        try:
            return super().request(host, handler, request_body, verbose)
        finally:
            self.close()


def _process_name(found: Mapping[str, Any]) -> str:
    return found["name"] if found["name"] == found["group"] else f"{found['group']}:{found['name']}"


def _key_of(line: str) -> str:
    return line.split("#", maxsplit=1)[0].strip().split("=")[0].split(":")[0].split(" ")[0].strip()


def _split(line: str, key: str) -> tuple[str, str, str]:
    """The key with its indent, the sign with its blanks, and what closes the line (`;`, a comment, the line end)."""
    start = line.index(key) + len(key)
    rest = line[start:]
    sign = rest[: len(rest) - len(rest.lstrip(" \t=:"))]
    body = rest[len(sign) :].rstrip("\n")
    ending = ";" if body.rstrip().endswith(";") else ""
    return line[:start], sign, ending + ("\n" if line.endswith("\n") else "")


def _do(*words: str) -> None:
    subprocess.run(words, check=True, timeout=_TIMEOUT_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _unmount(target: Path) -> None:
    subprocess.run(["umount", "-l", str(target)], check=False)
