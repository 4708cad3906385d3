"""How a repair is put to work: who has to read its files again, and by which step."""

from collections.abc import Iterable
from pathlib import Path

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.names import leaf, tokens
from prunella.domain.plan import Step
from prunella.domain.report import Reach
from prunella.domain.setting import Format

_PLACES = frozenset({"port", "listen", "bind", "addr", "address", "socket"})
_MOVES_AT_RELOAD = frozenset({Format.NGINX, Format.HAPROXY})
_AT_START_WORDS = """
    archive_mode autovacuum_freeze_max_age autovacuum_max_workers cluster_name config_file data_directory
    dynamic_shared_memory_type external_pid_file hba_file hot_standby huge_pages ident_file jit_provider
    listen_addresses logging_collector max_connections max_files_per_process max_locks_per_transaction
    max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_wal_senders
    max_worker_processes min_dynamic_shared_memory port shared_buffers shared_memory_type shared_preload_libraries
    superuser_reserved_connections track_activity_query_size track_commit_timestamp unix_socket_directories
    unix_socket_group unix_socket_permissions wal_buffers wal_decode_buffer_size wal_level wal_log_hints
"""
_AT_START = frozenset(_AT_START_WORDS.split())
"""What PostgreSQL reads at its start only: those with the context `postmaster` in `pg_settings`."""


def put_to_work(case: Case, edits: tuple[Step, ...], wakes: Iterable[str] | None = None) -> tuple[Step, ...]:
    """The reloads, restarts and starts that edits ask for, services before those that need them.

    `wakes` are the services that have to take the edits over; None: those that read an edited file.
    """
    changed = list(wakes) if wakes is not None else _readers(case, edits)
    waiting = [name for name in case.facts.targets if _waits_for(case, name, changed)]
    names = in_order(case, dict.fromkeys([*changed, *waiting]))
    found = (refresh(case, name, edits) for name in names if case.service(name).service.supervisor is not None)
    return tuple(step for step in found if step is not None)


def refresh(case: Case, name: str, edits: tuple[Step, ...] = (), why: str = "") -> Step | None:
    """The mildest step that makes a service take its files over: a start, a reload, else a restart.

    None where a fault sleeps in the files of one that runs well: it has no reload, and to restart it helps nobody.
    """
    if case.is_running(name) is False:
        return wake(case, name, why)
    is_latent = _is_latent(case, name)
    at_start = not is_latent and any(_is_read_at_start(case, step) for step in edits)
    takes_it = has_reload(case, name) and not at_start and not _is_dying(case, name)
    if takes_it and not _was_reloaded(case, name, edits):
        return Step(tool="services.reload", arguments={"service": name}, why=why or f"{name} reads its files again.")
    return None if is_latent else wake(case, name, why)


def wake(case: Case, name: str, why: str = "") -> Step:
    """Start a service that does not run, restart one that does."""
    if case.is_running(name) is False:
        return Step(tool="services.start", arguments={"service": name}, why=why or f"{name} is not running.")
    return Step(tool="services.restart", arguments={"service": name}, why=why or f"{name} reads its files at start.")


def has_reload(case: Case, name: str) -> bool:
    """Whether a reload of the service is offered; where no tools are listed, whether the operator declared one."""
    if not case.brief.tools:
        return case.service(name).service.reload is not None
    spec = next((each for each in case.brief.tools if each.name == "services.reload"), None)
    properties = spec.parameters.get("properties") if spec else None
    schema = properties.get("service") if isinstance(properties, dict) else None
    listed = schema.get("enum") if isinstance(schema, dict) else None
    return spec is not None and (not isinstance(listed, list) or name in listed)


def in_order(case: Case, names: Iterable[str]) -> tuple[str, ...]:
    """Needs before those that need them; else as given."""
    left, done = list(names), list[str]()
    while left:
        free = [name for name in left if not set(case.all_needs(name)) & (set(left) - {name})] or left[:1]
        done.append(free[0])
        left.remove(free[0])
    return tuple(done)


def _readers(case: Case, edits: tuple[Step, ...]) -> list[str]:
    files = {str(step.arguments["file"]) for step in edits if "file" in step.arguments}
    return [name for file in sorted(files) for name in case.owners(Path(file))]


def _waits_for(case: Case, name: str, changed: list[str]) -> bool:
    """A target that is down while something it needs is repaired, and whose own pre-flight is not red."""
    if name in changed or name not in case.facts.services or case.is_running(name) is not False:
        return False
    preflight = case.service(name).preflight
    return bool(set(changed) & set(case.all_needs(name))) and (preflight is None or preflight.ok)


def _is_latent(case: Case, name: str) -> bool:
    """It runs, none of its probes is red, and it would not start again."""
    preflight = case.service(name).preflight
    is_red = any(reading.service == name for reading in case.brief.report.failing)
    return case.is_running(name) is True and not is_red and preflight is not None and not preflight.ok


def _is_dying(case: Case, name: str) -> bool:
    """It runs for the moment only: its probes find nobody, and it listens nowhere."""
    is_deaf = any(r.service == name and r.reach is Reach.NOBODY for r in case.brief.report.failing)
    return is_deaf and not any(listener.service == name for listener in case.facts.listeners)


def _is_read_at_start(case: Case, step: Step) -> bool:
    config = case.config(str(step.arguments.get("file", "")))
    if config is None:
        return False
    keys = _keys_of(step)
    if config.format is Format.POSTGRES:
        return bool(keys & _AT_START)
    return config.format not in _MOVES_AT_RELOAD and any(_PLACES & set(tokens(leaf(key))) for key in keys)


def _keys_of(step: Step) -> set[str]:
    """What an edit sets; of a text that is replaced, the first words of the lines that differ."""
    if "key" in step.arguments:
        return {str(step.arguments["key"]).lower()}
    old, new = (set(str(step.arguments.get(side, "")).split("\n")) for side in ("old", "new"))
    return {line.replace("=", " ").replace(":", " ").split()[0].lower() for line in old ^ new if line.strip("=: \t\r")}


def _was_reloaded(case: Case, name: str, edits: tuple[Step, ...]) -> bool:
    """The very same edits were tried with a reload of this service, and did not help."""
    ours = _deeds(edits)
    return any(
        step.tool == "services.reload" and step.arguments.get("service") == name and ours <= _deeds(attempt.plan.steps)
        for attempt in case.brief.attempts
        for step in attempt.plan.steps
    )


def _deeds(steps: Iterable[Step]) -> set[tuple[str, str]]:
    changing = ("config.", "files.")
    return {(step.tool, str(sorted(step.arguments.items()))) for step in steps if step.tool.startswith(changing)}
