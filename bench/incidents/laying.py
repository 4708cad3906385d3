"""A fleet is laid once, started, and put back before each incident, with a proof that it is as it was laid."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from bench.incidents.fleet.certificates import Pair, new_authority
from bench.incidents.fleet.database import make_database
from bench.incidents.fleet.declared import declare
from bench.incidents.fleet.texts import Site, files_of
from bench.incidents.ports import free_ports
from bench.incidents.waiting import until
from bench.incidents.yard import Variant, Yard

_PROGRAMS = Path(__file__).parent / "programs/fleet"
_RELEASES = {"1.4.0": 0, "1.4.1": 0, "1.4.2": 16_384}
_READY_S = 40.0
FLEET_FILE = "prunella.toml"


class Missing(Exception):
    """A server that the fleet is made of is not on this machine."""


def binaries() -> Mapping[str, str]:
    """Where the servers are. Raises Missing with what to install."""
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[-3])
    found = {
        "nginx_program": shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"),
        "redis_program": shutil.which("redis-server"),
        "haproxy_program": shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin"),
        "postgres_program": str(postgres[-1]) if postgres else shutil.which("postgres"),
    }
    missing = [name.removesuffix("_program") for name, path in found.items() if path is None]
    if missing:
        raise Missing(
            f"Not found: {', '.join(missing)}. Install them: apt-get install nginx redis-server haproxy postgresql"
        )
    scripts = Path(sysconfig.get_path("scripts"))
    return {name: str(path) for name, path in found.items()} | {
        "python": sys.executable,
        "supervisorctl": str(scripts / "supervisorctl"),
    }


async def lay_yard(around: Path, variant: Variant = "plain") -> Yard:
    """Everything below `around`, which is made; nothing of it runs yet."""
    _make(around)
    yard = Yard(around / "fleet", around / "outside", free_ports(), variant)
    yard.outside.mkdir(mode=0o700)
    await _lay(yard)
    await asyncio.to_thread(_copy, yard.folder, yard.outside / "pristine")
    return yard


def _make(around: Path) -> None:
    """Servers that run as others have to get through."""
    around.mkdir(parents=True)
    around.chmod(0o755)


async def _lay(yard: Yard) -> None:
    programs = binaries()
    site = Site(yard.folder, yard.ports, _new_secrets(), _users(), programs, yard.variant)
    _lay_texts(yard.folder, site)
    _lay_programs(yard.folder)
    _lay_certificates(yard)
    for name, value in site.secrets.items():
        _write(yard.folder / "secrets" / name.removesuffix("_password"), value + "\n", 0o600)
    (yard.folder / "secrets").chmod(0o700)
    _make_folders(yard.folder, site.users["postgres"])
    await make_database(
        yard.folder,
        yard.ports.postgres,
        site.users["postgres"],
        site.secrets,
        Path(programs["postgres_program"]).parent,
    )


def _users() -> Mapping[str, str]:
    """Servers have users of their own where we may give them one."""
    is_root = os.getuid() == 0
    return {
        "postgres": "postgres" if is_root else "",
        "edge": "nobody nogroup" if is_root else "",
        "supervisord": "root" if is_root else "",
    }


def _new_secrets() -> Mapping[str, str]:
    names = ("db_payments", "db_ledger", "db_operator", "db_postgres", "redis_password", "token")
    return {name: secrets.token_hex(12) for name in names}


def _lay_texts(folder: Path, site: Site) -> None:
    for name, text in files_of(site).items():
        _write(folder / name, text, 0o640 if name in _PRIVATE else 0o644)
    _write(folder / FLEET_FILE, declare(site), 0o644)


_PRIVATE = {"payments/.env", "ledger-worker/worker.toml", "redis/redis.conf", "postgres/pg_hba.conf"}


def _lay_programs(folder: Path) -> None:
    payments = (_PROGRAMS / "payments.py").read_text(encoding="utf-8")
    for release, kept_kb in _RELEASES.items():
        text = payments.replace('RELEASE = "1.4.1"', f'RELEASE = "{release}"')
        _write(folder / f"payments/releases/{release}/payments.py", text.replace("KEPT_KB = 0", f"KEPT_KB = {kept_kb}"))
    (folder / "payments/current").symlink_to("releases/1.4.1")
    _write(folder / "ledger-worker/worker.py", (_PROGRAMS / "worker.py").read_text(encoding="utf-8"))
    small = (_PROGRAMS / "small.py").read_text(encoding="utf-8")
    for name in ("fraud", "catalog", "auth"):
        _write(folder / f"{name}/{name}.py", small)
    for name in ("journey", "burst", "lag"):
        _write(folder / f"probes/{name}.py", (_PROGRAMS / f"{name}.py").read_text(encoding="utf-8"))


def _lay_certificates(yard: Yard) -> None:
    authority = new_authority()
    _write(yard.folder / "edge/certs/ca.crt", authority.pair.certificate)
    _lay_pair(yard.folder / "edge/certs", authority.issue(60))
    _lay_pair(yard.folder / "edge/certs/next", authority.issue(365, since_days=1))
    _write(yard.outside / "authority.crt", authority.pair.certificate)
    _write(yard.outside / "authority.key", authority.pair.key, 0o600)


def _lay_pair(folder: Path, pair: Pair) -> None:
    _write(folder / "edge.crt", pair.certificate)
    _write(folder / "edge.key", pair.key, 0o600)


def _make_folders(folder: Path, postgres: str) -> None:
    for name in ("log", "run/nginx", "redis/data", "postgres/data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "postgres/data").chmod(0o700)
    if postgres:
        for name in ("run", "postgres", "postgres/data", *(f"postgres/{n}" for n in _OF_POSTGRES)):
            shutil.chown(folder / name, postgres, postgres)


_OF_POSTGRES = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


async def put_back(yard: Yard) -> None:
    """Everything as it was laid, and running; whatever was done to it."""
    yard.let_go()
    await yard.stop_all(gently=False)
    await asyncio.to_thread(_copy, yard.outside / "pristine", yard.folder)
    await yard.start_all()
    await until_serving(yard)


async def until_serving(yard: Yard, timeout_s: float = _READY_S) -> None:
    """All programs run, and a payment goes through. Raises TimeoutError with what does not."""
    failures: list[str] = []

    async def serves() -> bool:
        try:
            states = await yard.status()
        except OSError:
            return False
        failures[:] = [f"{name} is {state}" for name, state in states.items() if state != "RUNNING"]
        if not failures:
            failures[:] = (await yard.journey()).failures
        return not failures

    try:
        await until(serves, timeout_s, what="healthy fleet")
    except TimeoutError as error:
        raise TimeoutError(f"{error} {'; '.join(failures)}; see {yard.folder}/log") from None


def _copy(source: Path, target: Path) -> None:
    """With modes, owners and times; whatever was there goes."""
    if target.exists():
        shutil.rmtree(target)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def remove(yard: Yard) -> None:
    """All of it, once nothing runs any more."""
    shutil.rmtree(yard.folder.parent, ignore_errors=True)
