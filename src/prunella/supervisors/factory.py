"""From a declaration to the supervisor that carries it out."""

from collections.abc import Callable
from pathlib import Path

from prunella.domain.service import Service
from prunella.domain.supervisor import (
    CommandSupervisor,
    DockerSupervisor,
    ProcessSupervisor,
    SupervisordSupervisor,
    SystemdSupervisor,
)
from prunella.supervisors.command import CommandService
from prunella.supervisors.docker import DockerService
from prunella.supervisors.process import ProcessService
from prunella.supervisors.processes import tag_of
from prunella.supervisors.running_on import RunningOn, record_in
from prunella.supervisors.supervisord import SupervisordService
from prunella.supervisors.systemd import SystemdService

AnySupervisor = ProcessService | CommandService | SupervisordService | SystemdService | DockerService


def supervisor_for(
    service: Service, fleet_path: Path, output_folder: Path, config_digest: Callable[[], str]
) -> AnySupervisor | None:
    """None when nothing supervises the service. `config_digest` is asked at each start."""
    running_on = RunningOn(record_in(output_folder, service.name), config_digest)
    match service.supervisor:
        case None:
            return None
        case ProcessSupervisor() as spec:
            return ProcessService(
                spec,
                service=service.name,
                tag=tag_of(fleet_path, service.name),
                config_digest=config_digest,
                output_folder=output_folder,
            )
        case CommandSupervisor() as spec:
            return CommandService(spec, service=service.name, output=output_folder / f"{service.name}.out")
        case SupervisordSupervisor() as spec:
            return SupervisordService(spec, service=service.name, running_on=running_on)
        case SystemdSupervisor() as spec:
            return SystemdService(spec, service=service.name, running_on=running_on)
        case DockerSupervisor() as spec:
            return DockerService(spec, service=service.name, running_on=running_on)
