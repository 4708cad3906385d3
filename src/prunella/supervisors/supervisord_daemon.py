"""The supervisord that reads a configuration, and what its programs get from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from prunella.commands import for_children
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor
from prunella.errors import Rejected
from prunella.supervisors.supervisord_conf import Conf, Endpoint, Program


@dataclass(frozen=True)
class Daemon:
    """What a running supervisord hands to its programs; where none is known to run, what ours would.

    `pid` None: none is known to run.
    """

    pid: int | None
    cwd: Path
    environ: Mapping[str, str]


def daemon_of(spec: SupervisordSupervisor) -> Daemon:
    """By the pid file that the configuration names."""
    ours = Daemon(None, spec.cwd, for_children(os.environ))
    try:
        pidfile = Conf(spec.config, ours.environ, lenient=True).pidfile
        process = psutil.Process(int((spec.cwd / Path(pidfile).expanduser()).read_text()))
        with process.oneshot():
            if not any("supervisord" in word for word in process.cmdline()[:3]):
                return ours
            return Daemon(process.pid, Path(process.cwd()), for_children(process.environ()))
    except (Rejected, psutil.Error, OSError, ValueError):
        return ours


def conf_of(spec: SupervisordSupervisor, daemon: Daemon) -> Conf:
    """Raises Rejected for what supervisord would not accept."""
    return Conf(spec.config, daemon.environ)


def endpoint_of(spec: SupervisordSupervisor, daemon: Daemon) -> Endpoint:
    """Where to talk to it, found in a broken file as well. Raises Rejected when the file names no place."""
    found = Conf(spec.config, daemon.environ, lenient=True).endpoints
    if not found:
        raise Rejected(
            f"{spec.config} has neither [unix_http_server] with a file nor [inet_http_server] with a port, so nobody "
            "can talk to supervisord. Add one of them, with [rpcinterface:supervisor], and restart supervisord."
        )
    first = found[0]
    place = Path(first.socket).expanduser()
    return replace(first, socket=str(daemon.cwd / place)) if first.socket else first


def as_process(spec: SupervisordSupervisor) -> ProcessSupervisor | None:
    """The program as if we started it ourselves, by what its section on disk says now: command, folder, variables.

    None for what cannot be read, is not there, or is a group of several programs. With numprocs=0 it is what one
    process would be. `env` holds what the section and `[supervisord]` declare, and what supervisord itself was
    started with where that differs from ours. Reads files and the process table; touches nothing.
    """
    daemon = daemon_of(spec)
    try:
        conf = conf_of(spec, daemon)
        programs = programs_in(conf, spec.program)
    except Rejected:
        return None
    return process_of(programs[0], daemon) if len(programs) == 1 else None


def programs_in(conf: Conf, wanted: str) -> tuple[Program, ...]:
    """What `program` of a declaration means: a group, a program, or `group:program`; empty when it is not there."""
    name, _, member = wanted.partition(":")
    group = conf.group_of(name)
    found = conf.programs_of(group) if group is not None else ()
    member = member if member != "*" else ""
    member = member or (name if group != name else "")
    return tuple(each for each in found if not member or member == each.name or member in each.processes)


def process_of(program: Program, daemon: Daemon) -> ProcessSupervisor:
    """What the operating system is asked for when supervisord starts it."""
    ours = for_children(os.environ)
    inherited = {name: value for name, value in daemon.environ.items() if ours.get(name) != value}
    return ProcessSupervisor(
        command=program.command,
        cwd=Path(os.path.normpath(daemon.cwd / Path(program.directory).expanduser())),
        env=inherited | dict(program.environment),
        user=program.user,
        stop_timeout_s=program.stop_wait_s,
    )
