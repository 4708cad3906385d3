"""One `[service.NAME]` table, read into a Service."""

import re
from collections.abc import Callable

from prunella.domain.service import (
    CommandSupervisor,
    ProcessProbe,
    ProcessSupervisor,
    SecretRef,
    Service,
    SupervisorSpec,
)
from prunella.fleet.places import config_files, folder_at, log_file, log_files, within
from prunella.fleet.probing import EXAMPLE, probes_of
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

_NAME = re.compile(r"[^\W_][\w.-]*")
_SUPERVISOR = 'Write supervisor = { kind = "process", command = ["python", "app.py"] }.'
_REFERENCE = 'Write a reference: "env:NAME", "file:/path" or "command:program argument".'


def services_of(table: Table) -> dict[str, Service]:
    """All services by name, in the order of the file."""
    found = {name: table.table(name, f"Write [service.{name}].") for name in table.values}
    tables = {name: own for name, own in found.items() if table.has_table(name)}
    services = {name: _service(name, own) for name, own in tables.items()}
    for name, service in services.items():
        _check_needs(tables[name], service, tuple(tables))
    _check_names(table)
    if not table.values:
        table.page.note(table.place, "There is no service.", "Write a table [service.NAME] for each.")
    return services


def _service(name: str, table: Table) -> Service:
    table.refuse_unknown("supervisor", "config", "preflight", "logs", "needs", "secrets", "probes", "autonomy")
    own = table.table("supervisor", _SUPERVISOR)
    supervisor = _supervisor(own) if table.has_table("supervisor") else None
    folder = supervisor.cwd if supervisor else table.page.path.parent
    service = Service(
        name=name,
        folder=folder,
        supervisor=supervisor,
        config=config_files(table, "config"),
        preflight=table.command("preflight"),
        logs=log_files(table, "logs"),
        needs=table.texts("needs", '["other-service"]'),
        secrets=_secrets(table.table("secrets", 'Write secrets = { NAME = "env:NAME" }.')),
        probes=probes_of(table, folder),
    )
    return _with_a_probe(service, table)


def _with_a_probe(service: Service, table: Table) -> Service:
    """A service that declares no probe is watched by its supervisor's word."""
    has_supervisor = "supervisor" in table.values
    if not has_supervisor and any(isinstance(probe, ProcessProbe) for probe in service.probes):
        table.note("probes", f"A process probe needs a supervisor; {service.name} has none.", _SUPERVISOR)
    if table.values.get("probes"):
        return service
    if not has_supervisor:
        table.page.note(table.place, f"{service.name} has neither probes nor a supervisor: nothing to check.", EXAMPLE)
    return service.model_copy(update={"probes": (ProcessProbe(name="process"),)})


def _supervisor(table: Table) -> SupervisorSpec | None:
    kind = table.values.get("kind")
    if isinstance(kind, str) and kind in _SUPERVISORS:
        return _SUPERVISORS[kind](table)
    if "kind" not in table.values:
        table.page.note(table.place, "This supervisor has no `kind`.", _SUPERVISOR)
    else:
        suggestion = did_you_mean(str(kind), _SUPERVISORS) or f"Known: {', '.join(_SUPERVISORS)}."
        table.note("kind", f'There is no supervisor of the kind "{kind}".', suggestion)
    return None


def _process(table: Table) -> ProcessSupervisor:
    table.refuse_unknown("kind", "command", "cwd", "env", "output", "stop_timeout")
    table.require("command", '["python", "app.py"]')
    return ProcessSupervisor(
        command=table.command("command") or (),
        cwd=folder_at(table, "cwd", table.page.path.parent),
        env=_environment(table.table("env", 'Write env = { NAME = "value" }.')),
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


_SUPERVISORS: dict[str, Callable[[Table], SupervisorSpec]] = {"process": _process, "command": _command}


def _environment(table: Table) -> dict[str, str]:
    env: dict[str, str] = {}
    for name, value in table.values.items():
        if isinstance(value, str):
            env[name] = value
        else:
            table.wrong(name, "a text in quotes", f'Write {name} = "{str(value).lower()}".')
    return env


def _secrets(table: Table) -> tuple[SecretRef, ...]:
    found = (_secret(table, name, value) for name, value in table.values.items())
    return tuple(secret for secret in found if secret is not None)


def _secret(table: Table, name: str, value: object) -> SecretRef | None:
    """The value itself is never shown: it may be the secret."""
    source, _, where = value.partition(":") if isinstance(value, str) else ("", "", "")
    match source, where.strip():
        case "file", where if where:
            return SecretRef(name=name, source="file", where=str(within(table.page.path.parent, where)))
        case ("env" | "command") as source, where if where:
            return SecretRef(name=name, source=source, where=where)
        case _:
            pass
    table.note(name, f"The secret {name} must not stand in the fleet file itself.", _REFERENCE)
    return None


def _check_needs(table: Table, service: Service, known: tuple[str, ...]) -> None:
    others = [other for other in known if other != service.name]
    for need in service.needs:
        if need == service.name:
            table.note_item("needs", need, f"{need} cannot need itself.")
        elif need not in others:
            suggestion = did_you_mean(need, others) or f"Known: {', '.join(others) or 'none'}."
            table.note_item("needs", need, f'There is no service "{need}".', suggestion)


def _check_names(table: Table) -> None:
    seen: dict[str, str] = {}
    for name in table.values:
        if not _NAME.fullmatch(name):
            table.note(name, f'"{name}" is no name for a service.', "Use letters, digits, hyphens and underscores.")
        plain = re.sub(r"[-_.]", "", name).casefold()
        if plain in seen:
            table.note(name, f"{name} and {seen[plain]} are too alike to be told apart.", "Rename one of them.")
        seen.setdefault(plain, name)
