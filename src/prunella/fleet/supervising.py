"""Who starts and stops a service: `supervisor = { kind = "process", command = ["python", "app.py"] }` and its kin."""

from collections.abc import Callable

from prunella.domain.supervisor import (
    CommandSupervisor,
    DockerSupervisor,
    ProcessSupervisor,
    SupervisordSupervisor,
    SupervisorSpec,
    SystemdSupervisor,
)
from prunella.fleet.places import config_file, folder_at, log_file
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

EXAMPLE = 'Write supervisor = { kind = "process", command = ["python", "app.py"] }.'


def supervisor_of(table: Table) -> SupervisorSpec | None:
    """None when the table does not say which kind it is."""
    kind = table.values.get("kind")
    if isinstance(kind, str) and kind in _KINDS:
        return _KINDS[kind](table)
    if "kind" not in table.values:
        table.page.note(table.place, "This supervisor has no `kind`.", EXAMPLE)
    else:
        suggestion = did_you_mean(str(kind), _KINDS) or f"Known: {', '.join(_KINDS)}."
        table.note("kind", f'There is no supervisor of the kind "{kind}".', suggestion)
    return None


def _process(table: Table) -> ProcessSupervisor:
    table.refuse_unknown("kind", "command", "cwd", "env", "user", "output", "stop_timeout")
    table.require("command", '["python", "app.py"]')
    return ProcessSupervisor(
        command=table.command("command") or (),
        cwd=folder_at(table, "cwd", table.page.path.parent),
        env=_environment(table.table("env", 'Write env = { NAME = "value" }.')),
        user=table.text("user") if "user" in table.values else "",
        output=log_file(table, "output") if "output" in table.values else None,
        stop_timeout_s=table.seconds("stop_timeout", 10.0),
    )


def _command(table: Table) -> CommandSupervisor:
    table.refuse_unknown("kind", "start", "stop", "status", "restart", "cwd", "timeout")
    for key in ("start", "stop", "status"):
        table.require(key, f'["program", "{key}"]')
    return CommandSupervisor(
        start=table.command("start") or (),
        stop=table.command("stop") or (),
        status=table.command("status") or (),
        restart=table.command("restart"),
        cwd=folder_at(table, "cwd", table.page.path.parent),
        timeout_s=table.seconds("timeout", 30.0),
    )


def _supervisord(table: Table) -> SupervisordSupervisor:
    table.refuse_unknown("kind", "program", "config", "cwd", "timeout")
    home = table.page.path.parent
    return SupervisordSupervisor(
        program=_required(table, "program", '"app"'),
        config=config_file(table, "config") if _required(table, "config", '"supervisord.conf"') else home,
        cwd=folder_at(table, "cwd", home),
        timeout_s=table.seconds("timeout", 30.0),
    )


def _systemd(table: Table) -> SystemdSupervisor:
    table.refuse_unknown("kind", "unit", "user", "cwd", "timeout")
    user = table.values.get("user", False)
    if not isinstance(user, bool):
        table.wrong("user", "true or false", "It tells whether the unit belongs to the user's own manager.")
    return SystemdSupervisor(
        unit=_required(table, "unit", '"app.service"'),
        user=user is True,
        cwd=folder_at(table, "cwd", table.page.path.parent),
        timeout_s=table.seconds("timeout", 30.0),
    )


def _docker(table: Table) -> DockerSupervisor:
    table.refuse_unknown("kind", "container", "host", "cwd", "timeout")
    host = table.text("host")
    if host and not host.startswith(("unix://", "tcp://", "ssh://", "http://", "https://", "npipe://")):
        table.wrong("host", "the address of a docker daemon", 'Write host = "unix:///var/run/docker.sock".')
    return DockerSupervisor(
        container=_required(table, "container", '"app"'),
        host=host,
        cwd=folder_at(table, "cwd", table.page.path.parent),
        timeout_s=table.seconds("timeout", 30.0),
    )


_KINDS: dict[str, Callable[[Table], SupervisorSpec]] = {
    "process": _process,
    "command": _command,
    "supervisord": _supervisord,
    "systemd": _systemd,
    "docker": _docker,
}


def _required(table: Table, key: str, example: str) -> str:
    """Empty when it is missing or wrong, which is noted."""
    table.require(key, example)
    if table.values.get(key, "…") == "":
        table.wrong(key, "a text in quotes, not empty", f"Write {key} = {example}.")
        return ""
    return table.text(key)


def _environment(table: Table) -> dict[str, str]:
    env: dict[str, str] = {}
    for name, value in table.values.items():
        if isinstance(value, str):
            env[name] = value
        else:
            table.wrong(name, "a text in quotes", f'Write {name} = "{str(value).lower()}".')
    return env
