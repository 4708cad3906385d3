"""Real servers in a fleet's folder, each with a healthy configuration, none of them running."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import pytest

from tests.world.yard import free_port

POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


def binary(name: str, package: str) -> str:
    """Skips the test where there is none."""
    places = [*glob(f"/usr/lib/postgresql/*/bin/{name}"), f"/usr/sbin/{name}"]  # noqa: PTH207 -- a fixed pattern
    found = shutil.which(name) or next((place for place in places if Path(place).exists()), None)
    if found is None:
        pytest.skip(f"no `{name}`: install {package}")
    return found


@dataclass(frozen=True)
class Server:
    """A service's table in the fleet file, and its configuration."""

    name: str
    command: tuple[str, ...]
    config: Path
    port: int
    more: str = ""

    @property
    def table(self) -> str:
        return self.with_files()

    def with_files(self, *more: Path) -> str:
        spec = f'{{ kind = "process", command = {json.dumps(self.command)}, cwd = "{self.config.parent}" }}'
        return self.table_with(spec, *more)

    def table_with(self, supervisor: str, *config: Path) -> str:
        files = json.dumps([str(path) for path in (self.config, *config)])
        probe = f'probes = [{{ tcp = "127.0.0.1:{self.port}", timeout = "1s" }}]\n'
        return f"[service.{self.name}]\nsupervisor = {supervisor}\nconfig = {files}\n{self.more}{probe}"


def nginx_in(folder: Path) -> Server:
    """With a site in a folder of its own, logs in another, and workers that are not us."""
    program, port, home = binary("nginx", "nginx-light"), free_port(), folder / "edge"
    for name in ("edge/tmp", "log", "www"):
        (folder / name).mkdir(parents=True)
    (folder / "www/index.html").write_text("hello")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {home}/tmp;\n" for kind in kinds)
    config = home / "nginx.conf"
    config.write_text(f"""daemon off;
pid {home}/nginx.pid;
error_log {folder}/log/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/log/access.log;
{temporary}    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
        location /api/ {{ proxy_pass http://127.0.0.1:{free_port()}; proxy_read_timeout 5s; }}
    }}
}}
""")
    return Server("edge", (program, "-c", str(config), "-p", str(home)), config, port)


def haproxy_in(folder: Path) -> Server:
    program, port = binary("haproxy", "haproxy"), free_port()
    config = folder / "balance/haproxy.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"""global
    maxconn 100
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    server one 127.0.0.1:{free_port()} check
""")
    return Server("balance", (program, "-db", "-f", str(config)), config, port)


def redis_in(folder: Path) -> Server:
    program, port, home = binary("redis-server", "redis-server"), free_port(), folder / "store"
    (folder / "data").mkdir(parents=True)
    home.mkdir()
    config = home / "redis.conf"
    config.write_text(f"""port {port}
bind 127.0.0.1
dir {folder}/data
logfile {folder}/data/redis.log
appendonly yes
save 900 1
requirepass hush
maxmemory 64mb
""")
    return Server("store", (program, str(config)), config, port)


def postgres_in(folder: Path) -> Server:
    """As root its folder belongs to the user `postgres`, who is the one to run it; `folder` is open to that user."""
    initdb, program, port = binary("initdb", "postgresql"), binary("postgres", "postgresql"), free_port()
    home, as_root = folder / "base", os.geteuid() == 0
    home.mkdir(parents=True)
    launcher = POSTGRES if as_root else ()
    if as_root:
        shutil.chown(home, "postgres", "postgres")
    made = [*launcher, initdb, "-D", str(home / "data"), "-A", "trust", "-U", "app", "-N"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
    config = home / "data/postgresql.conf"
    with config.open("a") as file:
        file.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{home}'\n")
    hba = home / "data/pg_hba.conf"
    hba.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    command = (*launcher, program, "-D", str(home / "data"))
    return Server("base", command, config, port)


@contextmanager
def public_folder() -> Generator[Path]:
    """Others may pass through it; those of pytest are closed to them whenever it is started."""
    with tempfile.TemporaryDirectory(prefix="prunella-test-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()
