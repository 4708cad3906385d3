"""From a declaration to the supervisor that carries it out."""

from collections.abc import Callable
from pathlib import Path

from prunella.domain.service import CommandSupervisor, ProcessSupervisor, Service
from prunella.supervisors.command import CommandService
from prunella.supervisors.process import ProcessService
from prunella.supervisors.processes import tag_of


def supervisor_for(
    service: Service, fleet_path: Path, output_folder: Path, config_digest: Callable[[], str]
) -> ProcessService | CommandService | None:
    """None when nothing supervises the service. `config_digest` is asked at each start."""
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
