"""A running service reads its configuration again, and is told to do so once more when that is taken back."""

import asyncio
import json
import shutil
import signal
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from prunella.domain.service import Service
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor, SystemdSupervisor
from prunella.errors import Irrecoverable, Rejected
from prunella.supervisors.reloading import refusal_in, reload_of
from prunella.world.fleet_world import FleetWorld, is_stale
from tests.supervisors.daemons import supervisord
from tests.world.yard import Yard, call, carry_out, free_port, has_applied, listens, prepare, take_back, until

RELOAD = call("services.reload", service="app")
READING = """
import http.server, os, signal, sys

def read(*_):
    global body
    text = open("app.env").read()
    if "DIES" in text:
        os._exit(1)
    if "REFUSED" in text:
        print("2026/01/02 03:04:05 [emerg] 7#7: unknown directive REFUSED", flush=True)
        return
    body = text.encode()

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

read()
signal.signal(signal.SIGHUP, read)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
PREFLIGHT = f'preflight = ["{sys.executable}", "-c", "import sys; sys.exit(\'BAD\' in open(\'app.env\').read())"]\n'
KILL = f'reload = ["{sys.executable}", "-c", "import os; os.kill(int(open(\'pid\').read()), 1)"]\n'


async def running(yard: Yard, reload: str = KILL) -> tuple[FleetWorld, int]:
    """The world, and the port of `app`, which runs and serves its configuration."""
    port = free_port()
    yard.write("app.py", f"open('pid', 'w').write(str(__import__('os').getpid()))\n{READING}")
    yard.write("app.env", "old")
    supervisor = f'{{ kind = "process", command = ["{sys.executable}", "app.py", "{port}"] }}'
    world = yard.world(yard.fleet(yard.service("app", port, PREFLIGHT + reload, supervisor=supervisor)))
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    return world, port


async def served(port: int) -> str:
    def get() -> str:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(get)


async def test_a_reload_takes_over_what_is_on_disk_without_a_stop(yard: Yard) -> None:
    world, port = await running(yard)
    tools, app = yard.tools(world), world.fleet.services["app"]
    before = await world.supervised["app"].status()
    yard.write("app.env", "new")
    assert is_stale(app, before)
    prepared = await carry_out(tools, RELOAD)
    assert prepared.reversible
    after = await world.supervised["app"].status()
    assert (await served(port), after.pid, is_stale(app, after)) == ("new", before.pid, False)
    assert is_stale(app, await yard.world(world.fleet).supervised["app"].status()) is False, "another process sees it"


async def test_a_red_preflight_leaves_it_alone(yard: Yard) -> None:
    world, port = await running(yard)
    yard.write("app.env", "BAD")
    observation = await yard.tools(world).call(RELOAD)
    assert "pre-flight of app is red" in observation.message
    assert await served(port) == "old"


async def test_what_does_not_run_is_started_instead(yard: Yard) -> None:
    world, _ = await running(yard)
    await world.supervised["app"].stop()
    assert (await prepare(yard.tools(world), RELOAD)).instead == "services.start"


@pytest.mark.parametrize(
    ("text", "reload", "message", "runs"),
    [
        ("REFUSED", KILL, "runs on, but did not take its configuration over: .*unknown directive REFUSED", True),
        ("DIES", KILL, "app ended at the reload", False),
        ("new", 'reload = ["sh", "-c", "echo no such signal; exit 4"]\n', "exit code 4. no such signal", True),
        ("new", 'reload = ["no-such-program"]\n', "command not found", True),
    ],
)
async def test_a_reload_that_fails_is_said_to(yard: Yard, text: str, reload: str, message: str, *, runs: bool) -> None:
    world, _ = await running(yard, reload)
    yard.write("app.env", text)
    with pytest.raises(Rejected, match=f"(?s){message}"):
        raise Rejected((await yard.tools(world).call(RELOAD)).message)
    status = await world.supervised["app"].status()
    assert status.running is runs
    assert not runs or is_stale(world.fleet.services["app"], status), "it does not run on what is on disk"


async def test_taken_back_it_runs_on_its_old_files(yard: Yard) -> None:
    world, port = await running(yard)
    tools = yard.tools(world)
    yard.write("app.env", "new")
    prepared = await carry_out(tools, RELOAD)
    assert await has_applied(tools, RELOAD, prepared)
    yard.write("app.env", "old")
    for _ in range(2):
        await take_back(tools, RELOAD, prepared)
        assert await served(port) == "old"
    assert not is_stale(world.fleet.services["app"], await world.supervised["app"].status())


async def test_one_that_ended_since_is_started_when_that_is_taken_back(yard: Yard) -> None:
    world, port = await running(yard)
    tools = yard.tools(world)
    prepared = await carry_out(tools, RELOAD)
    await world.supervised["app"].stop()
    await take_back(tools, RELOAD, prepared)
    await until(lambda: listens(port))


async def test_files_that_it_never_ran_on_are_not_forced_on_it(yard: Yard) -> None:
    """A fault that slept on disk goes back to sleep there; nothing goes down for it."""
    world, port = await running(yard)
    tools = yard.tools(world)
    yard.write("app.env", "mended")
    prepared = await carry_out(tools, RELOAD)
    yard.write("app.env", "BAD, as it was found")
    await take_back(tools, RELOAD, prepared)
    assert await served(port) == "mended"


async def test_files_that_it_ran_on_must_be_taken_back(yard: Yard) -> None:
    world, _ = await running(yard)
    tools = yard.tools(world)
    yard.write("app.env", "new")
    prepared = await carry_out(tools, RELOAD)
    yard.write("app.env", "old")
    (yard.folder / "pid").write_text("no number")
    with pytest.raises(Irrecoverable, match="does not take its old configuration back"):
        await take_back(tools, RELOAD, prepared)


async def test_it_is_offered_only_where_it_is_known_how(yard: Yard) -> None:
    port = free_port()
    for name in ("app", "other"):
        yard.write(f"{name}.env", f"PORT={port}\n")
    some = yard.world(yard.fleet(yard.service("app", port, 'reload = ["x"]\n'), yard.service("other", port)))
    (spec,) = (spec for spec in yard.tools(some).specs if spec.name == "services.reload")
    assert '"enum": ["app"]' in json.dumps(spec.parameters)
    none = yard.world(yard.fleet(yard.service("app", port)))
    assert "services.reload" not in {spec.name for spec in yard.tools(none).specs}
    refused = await yard.tools(some).call(call("services.reload", service="other"))
    assert "other declares no `reload`" in refused.message


def declared(*command: str, **more: object) -> Service:
    spec = ProcessSupervisor(command=command, cwd=Path("/srv"))
    return Service.model_validate({"name": "app", "folder": Path("/srv"), "supervisor": spec} | more)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("/usr/sbin/nginx", "-c", "n.conf"), signal.SIGHUP),
        (("/usr/lib/postgresql/15/bin/postgres", "-D", "data"), signal.SIGHUP),
        (("haproxy", "-W", "-f", "h.cfg"), signal.SIGUSR2),
        (("haproxy", "-db", "-f", "h.cfg"), None),
        (("python3.11", "-m", "gunicorn", "app:app"), signal.SIGHUP),
        (("gunicorn", "--preload", "app:app"), None),
        (("php-fpm8.2", "-F"), signal.SIGUSR2),
        (("redis-server", "redis.conf"), None),
        (("python", "nginx_stub.py"), None),
    ],
)
def test_known_servers_have_their_signal(command: tuple[str, ...], expected: signal.Signals | None) -> None:
    found = reload_of(declared(*command))
    assert (found and found.signal) == expected
    own = reload_of(declared(*command, reload=("nginx", "-s", "reload")))
    assert own is not None
    assert (own.command, own.signal, own.cwd) == (("nginx", "-s", "reload"), None, Path("/srv"))


def test_systemd_reloads_its_units_and_nothing_reloads_what_nobody_supervises() -> None:
    unit = SystemdSupervisor(unit="a.service", user=True, cwd=Path("/srv"))
    found = reload_of(Service(name="app", folder=Path("/srv"), supervisor=unit))
    assert found is not None
    assert found.command == ("systemctl", "--user", "--no-ask-password", "reload", "a.service")
    assert reload_of(Service(name="app", folder=Path("/srv"), reload=("x",))) is None


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ('2026/11/22 17:49:58 [emerg] 13629#13629: unknown directive "retrn" in n.conf:1', True),
        ('LOG:  configuration file "/d/postgresql.conf" contains errors; no changes were applied', True),
        ('LOG:  parameter "port" cannot be changed without restarting the server', True),
        ("LOG:  pg_hba.conf was not reloaded", True),
        ("[ALERT]    (1) : config : parsing [h.cfg:3] : unknown keyword 'x'", True),
        ("Error reloading config: yaml: line 3", True),
        ('127.0.0.1 - - "GET / HTTP/1.1" 200 "[emerg] 1#1: reload"', False),
        ("2026/11/22 17:49:57 [notice] 13629#13629: reconfiguring", False),
        ("LOG:  received SIGHUP, reloading configuration files", False),
        ("config reload complete", False),
    ],
)
def test_a_refusal_is_told_from_ordinary_lines(line: str, *, refused: bool) -> None:
    assert bool(refusal_in(["up", line])) is refused


NGINX = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log notice; events {{ }}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; {answer}; }} }}
"""


async def test_a_real_nginx_under_supervisord_reloads_and_refuses(yard: Yard) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not installed: apt install nginx-light")
    port, conf = free_port(), yard.folder / "nginx.conf"

    def write(answer: str) -> None:
        conf.write_text(NGINX.format(folder=yard.folder, port=port, answer=answer))

    write("return 200 old")
    with supervisord() as daemon:
        daemon.declare("edge", "", command=f"{nginx} -p {yard.folder} -c {conf} -e stderr", directory=yard.folder)
        edge = f'supervisor = {{ kind = "supervisord", program = "edge", config = "{daemon.conf}" }}\n'
        table = f'[service.edge]\n{edge}config = ["nginx.conf"]\nlogs = ["error.log"]\n'
        world = yard.world(yard.fleet(table))
        tools, step = yard.tools(world), call("services.reload", service="edge")
        await carry_out(tools, call("services.start", service="edge"))
        await until(lambda: listens(port))
        write("return 200 new")
        await carry_out(tools, step)
        assert await served(port) == "new"
        assert not is_stale(world.fleet.services["edge"], await world.supervised["edge"].status())
        write("retrun 200 newer")
        assert 'unknown directive "retrun"' in (await tools.call(step)).message
        assert await served(port) == "new"
        await world.supervised["edge"].stop()


def test_a_program_of_supervisord_is_known_by_its_section(tmp_path: Path) -> None:
    conf = tmp_path / "s.conf"
    conf.write_text("[supervisord]\n[program:edge]\ncommand=/usr/sbin/nginx -g 'daemon off;'\n")
    spec = SupervisordSupervisor(program="edge", config=conf, cwd=tmp_path)
    found = reload_of(Service(name="edge", folder=tmp_path, supervisor=spec))
    assert found is not None
    assert found.signal is signal.SIGHUP
