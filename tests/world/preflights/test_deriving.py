"""From start commands to checks, as words."""

import shlex
import sys
from pathlib import Path

import pytest

from prunella.domain.service import Service
from prunella.domain.supervisor import CommandSupervisor, ProcessSupervisor
from prunella.world.preflights.launching import launched
from prunella.world.preflights.preflight import check_of, preflight_of
from prunella.world.preflights.recipes import checking, recipe_for

HERE = Path("/")


def derived(command: str) -> str | None:
    supervisor = ProcessSupervisor(command=tuple(shlex.split(command)), cwd=HERE)
    found = preflight_of(Service(name="x", folder=HERE, supervisor=supervisor))
    return None if found is None else shlex.join(found)


@pytest.mark.parametrize(
    ("command", "before", "server"),
    [
        ("nginx -c x", "", "nginx -c x"),
        ("/usr/bin/env A=1 -u B nginx", "/usr/bin/env A=1 -u B", "nginx"),
        ("runuser -u postgres -- postgres -D d", "runuser -u postgres --", "postgres -D d"),
        ("setpriv --reuid postgres --regid=postgres --clear-groups postgres -D postgres",
         "setpriv --reuid postgres --regid=postgres --clear-groups", "postgres -D postgres"),
        ("gosu postgres postgres", "gosu postgres", "postgres"),
        ("sudo -u haproxy nice -n 5 haproxy -f x", "sudo -u haproxy nice -n 5", "haproxy -f x"),
        ("timeout -k 3 5 nginx", "timeout -k 3 5", "nginx"),
        ("sh -c 'exec nginx -g \"daemon off;\"'", "sh -c", "nginx -g 'daemon off;'"),
        ("su postgres -c 'postgres -D d'", "su postgres -c", "postgres -D d"),
        ("tail -f nginx", "", "tail -f nginx"),
    ],
)  # fmt: skip
def test_a_server_is_found_behind_what_launches_it(command: str, before: str, server: str):
    found = launched(shlex.split(command))
    assert found is not None
    assert (shlex.join(found.before), shlex.join(found.server)) == (before, server)
    assert shlex.split(shlex.join(found.launching(found.server)).replace("exec ", "")) == [
        word.replace("exec ", "").replace('"daemon off;"', "'daemon off;'") for word in shlex.split(command)
    ]


@pytest.mark.parametrize("command", ["sh -c 'cd /x && nginx'", "sh start.sh", "bash", "env A=1", "sh -c 'nginx' more"])
def test_what_a_shell_does_beside_is_not_guessed(command: str):
    assert launched(shlex.split(command)) is None


@pytest.mark.parametrize(
    ("command", "check"),
    [
        ("nginx -c /x/n.conf -p /x -g 'daemon off;'", "nginx -t -c /x/n.conf -p /x -g 'daemon off;'"),
        ("nginx -c/x/n.conf", "nginx -t -c /x/n.conf"),
        ("sh -c \"exec nginx -g 'daemon off;'\"", "sh -c " + shlex.quote("nginx -t -g 'daemon off;'")),
        ("haproxy -W -db -f a -f b -p /run/p -- c", "haproxy -c -f a -f b -- c"),
        ("/usr/sbin/sshd -D -e -f /s", "/usr/sbin/sshd -t -f /s"),
        ("httpd -DFOREGROUND -f /h", "httpd -t -D FOREGROUND -f /h"),
        ("caddy run --config=/c --adapter caddyfile", "caddy validate --config=/c --adapter=caddyfile"),
        ("postfix -c /p start-fg", "postfix -c /p check"),
        ("nginx -s reload", None),
        ("haproxy -c -f x", None),
        ("caddy stop", None),
        ("traefik --configFile=x", None),
        ("prometheus", None),
        ("python app.py", None),
    ],
)
def test_the_check_of_a_known_server_keeps_what_counts(command: str, check: str | None):
    assert derived(command) == check


def test_a_checker_lies_beside_its_server_or_on_the_path(tmp_path: Path):
    (tmp_path / "promtool").write_text("#!/bin/sh\n")
    (tmp_path / "promtool").chmod(0o755)
    for server, env in ((str(tmp_path / "prometheus"), {}), ("prometheus", {"PATH": str(tmp_path)})):
        recipe = recipe_for("prometheus")
        assert recipe is not None
        found = checking(recipe, (server, "--config.file=/p.yml", "--web.x=1"), env)
        assert found == (str(tmp_path / "promtool"), "check", "config", "/p.yml")
    assert checking(recipe, ("prometheus", "--config.file=/p"), {"PATH": "/nowhere"}) is None


def test_what_is_declared_goes_first_and_runs_where_the_service_does():
    supervisor = ProcessSupervisor(command=("nginx",), cwd=Path("/x"), env={"A": "1"})
    service = Service(name="x", folder=HERE, supervisor=supervisor, preflight=("mine",))
    found = check_of(service)
    assert found is not None
    assert (found.command, found.cwd) == (("mine",), Path("/x"))
    found = check_of(service.model_copy(update={"preflight": None}))
    assert found is not None
    assert (found.command, found.cwd, found.env) == (("nginx", "-t"), Path("/x"), {"A": "1"})


def test_the_operators_own_start_command_is_read_too():
    spec = CommandSupervisor(
        start=("/opt/pg/bin/pg_ctl", "-D", "/d", "-o", "-p 7", "start"), stop=(), status=(), cwd=HERE
    )
    found = preflight_of(Service(name="x", folder=HERE, supervisor=spec))
    assert found is not None
    assert found[0] == sys.executable
    assert found[4:] == ("0", "/opt/pg/bin/postgres", "-D", "/d", "-p", "7")
    stop = spec.model_copy(update={"start": ("pg_ctl", "-D", "/d", "stop")})
    assert preflight_of(Service(name="x", folder=HERE, supervisor=stop)) is None
    assert preflight_of(Service(name="x", folder=HERE)) is None


@pytest.mark.parametrize(
    "command", ["redis-server /r.conf --sentinel", "redis-server -", "postgres --single -D d", "supervisord-nowhere"]
)
def test_what_starts_no_server_has_no_check(command: str):
    assert derived(command) is None
