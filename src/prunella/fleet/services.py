"""One `[service.NAME]` table, read into a Service."""

import re
from pathlib import Path

from prunella.domain.probe import ProcessProbe
from prunella.domain.service import SecretRef, Service
from prunella.domain.supervisor import SupervisordSupervisor, SupervisorSpec
from prunella.fleet.connecting import connect_of
from prunella.fleet.disposable import check_disposable, disposable_globs
from prunella.fleet.places import config_files, log_files, needed_paths, within
from prunella.fleet.probing import EXAMPLE, probes_of
from prunella.fleet.supervising import EXAMPLE as SUPERVISOR
from prunella.fleet.supervising import supervisor_of
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

_NAME = re.compile(r"[^\W_][\w.-]*")
_KEYS = (
    "supervisor", "config", "preflight", "reload", "paths", "disposable", "connect", "logs", "needs", "secrets",
    "probes", "autonomy",
)  # fmt: skip
_REFERENCE = 'Write a reference: "env:NAME", "file:/path" or "command:program argument".'


def services_of(table: Table) -> dict[str, Service]:
    """All services by name, in the order of the file."""
    found = {name: table.table(name, f"Write [service.{name}].") for name in table.values}
    tables = {name: own for name, own in found.items() if table.has_table(name)}
    services = {name: _service(name, own) for name, own in tables.items()}
    for name, service in services.items():
        _check_needs(tables[name], service, tuple(tables))
    check_disposable(tables, services)
    _check_names(table)
    if not table.values:
        table.page.note(table.place, "There is no service.", "Write a table [service.NAME] for each.")
    return services


def _service(name: str, table: Table) -> Service:
    table.refuse_unknown(*_KEYS)
    own = table.table("supervisor", SUPERVISOR)
    supervisor = supervisor_of(own) if table.has_table("supervisor") else None
    folder = supervisor.cwd if supervisor else table.page.path.parent
    secrets = _secrets(table.table("secrets", 'Write secrets = { NAME = "env:NAME" }.'))
    service = Service(
        name=name,
        folder=folder,
        supervisor=supervisor,
        config=_with_its_own(config_files(table, "config"), supervisor),
        preflight=table.command("preflight"),
        reload=_reload(table),
        paths=needed_paths(table, "paths"),
        disposable=disposable_globs(table),
        connect=connect_of(table, secrets),
        logs=log_files(table, "logs"),
        needs=table.texts("needs", '["other-service"]'),
        secrets=secrets,
        probes=probes_of(table, folder),
    )
    return _with_a_probe(service, table)


def _reload(table: Table) -> tuple[str, ...] | None:
    if "reload" in table.values and "supervisor" not in table.values:
        table.note("reload", "A reload needs a supervisor, which tells whether the service still runs.", SUPERVISOR)
    return table.command("reload")


def _with_its_own(files: tuple[Path, ...], supervisor: SupervisorSpec | None) -> tuple[Path, ...]:
    """The file that says how the service is started can be what is wrong."""
    if not isinstance(supervisor, SupervisordSupervisor) or supervisor.config in files:
        return files
    return (*files, supervisor.config)


def _with_a_probe(service: Service, table: Table) -> Service:
    """A service that declares no probe is watched by its supervisor's word."""
    has_supervisor = "supervisor" in table.values
    if not has_supervisor and any(isinstance(probe, ProcessProbe) for probe in service.probes):
        table.note("probes", f"A process probe needs a supervisor; {service.name} has none.", SUPERVISOR)
    if table.values.get("probes"):
        return service
    if not has_supervisor:
        table.page.note(table.place, f"{service.name} has neither probes nor a supervisor: nothing to check.", EXAMPLE)
    return service.model_copy(update={"probes": (ProcessProbe(name="process"),)})


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
