"""Plans for real servers: what is right passes on the shadow, what is broken fails, and nothing real is touched."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prunella.domain.plan import Step
from prunella.domain.rehearsal import Rehearsed
from tests.rehearsal.stage import Stage, picture, trial
from tests.world.real_servers import Server, haproxy_in, nginx_in, postgres_in, public_folder, redis_in
from tests.world.yard import call

pytestmark = pytest.mark.usefixtures("enclosed")

Make = Callable[[Path], Server]


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as found:
        yield found


async def rehearse(stage: Stage, path: Path, old: str, new: str) -> Rehearsed:
    """A plan that writes a file with other words in it."""
    return await stage.rehearse(call("files.write", path=str(path), content=_with(path, old, new)))


def _with(path: Path, old: str, new: str) -> str:
    text = path.read_text()
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(nginx_in, ("proxy_read_timeout 5s", "proxy_read_timeout 6s", "proxy_raed 5s"), id="nginx"),
        pytest.param(haproxy_in, ("maxconn 100", "maxconn 200", "maxcon 100"), id="haproxy"),
        pytest.param(redis_in, ("maxmemory 64mb", "maxmemory 128mb", "maxmemry 64mb"), id="redis"),
        pytest.param(postgres_in, ("\nport =", "\nwork_mem = 8MB\nport =", "\nwork_mem = 8MBB\nport ="), id="pg"),
    ],
)
async def test_what_is_right_passes_and_what_is_broken_fails(
    stage: Stage, folder: Path, make: Make, words: tuple[str, str, str]
):
    server, (old, right, broken) = make(folder), words
    stage.tables.append(server.table)
    before = picture(folder)
    healthy = await rehearse(stage, server.config, old, right)
    assert [(each.name, each.ok, each.detail) for each in healthy.trials if each.ok is not True] == []
    assert {f"the pre-flight of {server.name}", f"the start of {server.name}"} <= {t.name for t in healthy.trials}
    spoilt = await rehearse(stage, server.config, old, broken)
    assert trial(spoilt, "pre-flight").ok is False
    assert trial(spoilt, "start of").ok is False
    assert picture(folder) == before


async def test_a_broken_configuration_that_is_repaired_passes(stage: Stage):
    server = redis_in(stage.yard.folder)
    server.config.write_text(server.config.read_text().replace("appendonly yes", "appendonly maybe"))
    stage.tables.append(server.table)
    rehearsed = await rehearse(stage, server.config, "appendonly maybe", "appendonly yes")
    assert [(t.ok, "without the plan" in t.detail) for t in rehearsed.trials if "parses" not in t.name] == [
        (True, True)
    ] * 2


async def test_what_only_a_start_shows_fails(stage: Stage):
    """The check of its syntax passes; nobody listens where the probe looks."""
    server = nginx_in(stage.yard.folder)
    stage.tables.append(server.table)
    rehearsed = await rehearse(stage, server.config, f"listen 127.0.0.1:{server.port}", "listen 127.0.0.1:9")
    assert trial(rehearsed, "pre-flight").ok is True
    assert trial(rehearsed, "start of").ok is False


def certificate(place: Path, name: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"]
    made = [*words, "-subj", f"/CN={name}", "-keyout", str(place / "site.key"), "-out", str(place / "site.crt")]
    subprocess.run(made, check=True, capture_output=True)


@pytest.fixture
def encrypted(stage: Stage) -> Path:
    """A folder of certificates in use, with a renewed pair in `next`."""
    if shutil.which("openssl") is None:
        pytest.skip("no `openssl`: install openssl")
    server, certs = nginx_in(stage.yard.folder), stage.yard.folder / "certs"
    certificate(certs, "old")
    certificate(certs / "next", "new")
    ssl = f"ssl_certificate {certs}/site.crt; ssl_certificate_key {certs}/site.key;"
    text = server.config.read_text().replace(f":{server.port};", f":{server.port} ssl; {ssl}")
    server.config.write_text(text)
    paths = json.dumps([str(certs / "site.crt"), str(certs / "site.key")])
    stage.tables.append(replace(server, more=f"paths = {paths}\n").table)
    return certs


def install(certs: Path, name: str) -> Step:
    return call("files.install", path=str(certs / name), origin=str(certs / "next" / name))


async def test_a_certificate_without_its_key_fails_and_the_pair_passes(stage: Stage, encrypted: Path):
    alone = await stage.rehearse(install(encrypted, "site.crt"))
    assert trial(alone, "pre-flight").ok is False
    assert "key values mismatch" in trial(alone, "pre-flight").detail
    pair = await stage.rehearse(install(encrypted, "site.crt"), install(encrypted, "site.key"))
    assert trial(pair, "pre-flight").ok is True
    assert "PRIVATE" not in pair.difference


async def test_records_of_who_may_come_are_looked_at_too(stage: Stage, folder: Path):
    server = postgres_in(folder)
    hba = server.config.with_name("pg_hba.conf")
    stage.tables.append(server.with_files(hba))
    rehearsed = await rehearse(stage, hba, "scram-sha-256", "scarm-sha-256")
    assert trial(rehearsed, "pre-flight").ok is False
    assert "scarm-sha-256" in trial(rehearsed, "pre-flight").detail


def under_supervisord(stage: Stage, server: Server, command: str) -> Path:
    """The server as a program of a supervisord that does not run."""
    conf = stage.yard.write(
        "sup/supervisord.conf",
        f"[supervisord]\nlogfile=%(here)s/s.log\n[program:{server.name}]\ncommand={command}\n"
        f'directory={server.config.parent}\nenvironment=A="1"\n',
    )
    spec = f'{{ kind = "supervisord", program = "{server.name}", config = "{conf}", cwd = "{conf.parent}" }}'
    stage.tables.append(server.table_with(spec, conf))
    return conf


async def test_a_program_of_supervisord_is_started_as_its_section_says(stage: Stage):
    server = redis_in(stage.yard.folder)
    conf = under_supervisord(stage, server, " ".join(server.command))
    healthy = await rehearse(stage, conf, 'A="1"', 'A="2"')
    assert trial(healthy, "start of").ok is True
    assert trial(healthy, "pre-flight").ok is True
    broken = await rehearse(stage, conf, server.command[0], "/nowhere/redis-server")
    assert trial(broken, "start of").ok is False


async def test_a_section_that_is_repaired_passes(stage: Stage):
    server = redis_in(stage.yard.folder)
    conf = under_supervisord(stage, server, f"/nowhere/redis-server {server.config}")
    rehearsed = await rehearse(stage, conf, "/nowhere/redis-server", server.command[0])
    assert trial(rehearsed, "start of").ok is True
    assert "without the plan" in trial(rehearsed, "start of").detail


async def test_one_that_writes_where_a_shadow_may_not_is_no_failure(stage: Stage, tmp_path: Path):
    """What it names by a variable nobody can find, so the plan is the first to meet the walls."""
    program = "import os, pathlib, time; pathlib.Path(os.environ['WHERE'], 'x').touch(); time.sleep(60)"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = stage.yard.write("app/app.env", "A=1\n")
    start = stage.yard.write("app/start.py", program)
    command = json.dumps([sys.executable, str(start)])
    stage.tables.append(
        f'[service.app]\nconfig = ["{config}"]\nsupervisor = {{ kind = "process", command = {command}, cwd = "app", '
        f'env = {{ WHERE = "{elsewhere}" }} }}\n'
    )
    rehearsed = await rehearse(stage, config, "A=1", "A=2")
    assert not rehearsed.failed
    assert list(elsewhere.iterdir()) == []
