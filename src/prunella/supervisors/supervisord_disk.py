"""What the configuration on disk says of one program, beside what supervisord has loaded."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prunella.domain.supervisor import SupervisordSupervisor
from prunella.errors import Rejected
from prunella.nearest import did_you_mean
from prunella.supervisors.supervisord_conf import Conf, Program
from prunella.supervisors.supervisord_daemon import Daemon, conf_of, daemon_of, process_of, programs_in
from prunella.supervisors.supervisord_state import Child, all_run


@dataclass(frozen=True)
class Disk:
    """`group` is the one in which the program stands. `fault` "": it can be started as it is."""

    spec: SupervisordSupervisor
    daemon: Daemon
    group: str
    programs: tuple[Program, ...]
    is_whole: bool
    fault: str

    @property
    def processes(self) -> tuple[str, ...]:
        """How supervisord is asked about each."""
        return tuple(f"{self.group}:{name}" for program in self.programs for name in program.processes)

    @property
    def start_s(self) -> float:
        return min((program.start_s for program in self.programs), default=0.0)

    @property
    def stop_wait_s(self) -> float:
        return max((program.stop_wait_s for program in self.programs), default=0.0)

    @property
    def logs(self) -> Iterator[str]:
        return (log for program in self.programs for log in program.logs)

    def owns(self, child: Child) -> bool:
        """Where the file no longer tells, a program is what has its name."""
        if child.group != self.group:
            return not self.programs and child.name == self.group
        members = [name for each in self.programs for name in (each.name, *each.processes)]
        return self.is_whole or child.name in members

    def absolute(self, paths: Iterable[str]) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(self.daemon.cwd / Path(path).expanduser() for path in paths))


def disk_of(spec: SupervisordSupervisor) -> Disk:
    """Reads files and the process table."""
    daemon = daemon_of(spec)
    name, _, member = spec.program.partition(":")
    is_whole = member in {"", "*"}
    try:
        conf = conf_of(spec, daemon)
        programs = programs_in(conf, spec.program)
    except Rejected as error:
        return Disk(spec, daemon, name, (), is_whole, str(error))
    group = conf.group_of(name) or name
    fault = next(_faults(spec, conf, programs, daemon), "")
    return Disk(spec, daemon, group, programs, is_whole and group == name, fault)


def _faults(spec: SupervisordSupervisor, conf: Conf, programs: Sequence[Program], daemon: Daemon) -> Iterator[str]:
    if not programs:
        suggestion = did_you_mean(spec.program, conf.names) or f"It has: {', '.join(conf.names) or 'none'}."
        yield f"{spec.config} has no program {spec.program}. {suggestion}"
    for program in programs:
        if not program.processes:
            yield f"numprocs=0 for {program.name} in {spec.config}: it has no process to start. Set it to 1 or more"
        yield from _unspawnable(program, daemon)


def _unspawnable(program: Program, daemon: Daemon) -> Iterator[str]:
    """What supervisord would find out only when the old process is gone."""
    process = process_of(program, daemon)
    if program.directory and not process.cwd.is_dir():
        yield f"directory = {program.directory} of {program.name} does not exist"
    name = program.command[0]
    path = program.environment.get("PATH", daemon.environ.get("PATH", os.defpath))
    found = shutil.which(str(daemon.cwd / name) if "/" in name else name, path=path)
    if found is None:
        place = daemon.cwd if "/" in name else "its PATH"
        yield f"there is no executable {name} (command of {program.name}) in {place}"


def must_start(service: str, disk: Disk) -> None:
    """Raises Rejected when it could not be started by what is on disk; nothing was touched then."""
    if disk.fault:
        fault = disk.fault if disk.fault.endswith((".", "?")) else f"{disk.fault}."
        raise Rejected(f"{service} cannot be started: {fault} Nothing was touched.")


def oddities(disk: Disk, children: Sequence[Child]) -> Iterator[str]:
    """What on disk differs from what runs, or keeps it from coming back."""
    if disk.fault:
        yield disk.fault
        return
    missing = set(disk.processes) - {child.spec for child in children}
    if missing and children:
        yield f"supervisord has not taken over {', '.join(sorted(missing))} yet"
    elif missing:
        yield f"supervisord has not loaded its section of {disk.spec.config}: a start does that"
    sleepers = [program.name for program in disk.programs if not program.autostart]
    if sleepers and not all_run(children):
        yield f"autostart=false: {', '.join(sleepers)} does not start with supervisord"
