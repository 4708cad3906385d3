"""How a service is started and checked on a shadow, where a changed supervisord.conf may have changed that, too."""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from prunella.domain.probe import CommandProbe
from prunella.domain.service import Service
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor
from prunella.rehearsal.rooms import Layout, working_folder
from prunella.supervisors.processes import uid_of
from prunella.supervisors.supervisord import as_process
from prunella.world.preflights.preflight import Preflight, check_of, preflight_of, start_of


def can_start(service: Service) -> bool:
    """There is a command to start it that stays in the foreground, as far as the disk says now."""
    return isinstance(service.supervisor, ProcessSupervisor | SupervisordSupervisor) and start_of(service) is not None


def can_check(service: Service) -> bool:
    return preflight_of(service) is not None


def start_in(service: Service, layout: Layout) -> ProcessSupervisor | None:
    """As the files of the shadow have it; None where they have none."""
    match service.supervisor:
        case ProcessSupervisor() as spec:
            return spec
        case SupervisordSupervisor() as spec:
            found = as_process(spec.model_copy(update={"config": layout.copy_of(spec.config)}))
            return None if found is None else _of_the_world(found, layout)
        case _:
            return None


def check_in(service: Service, layout: Layout) -> Preflight | None:
    """The pre-flight, as the files of the shadow have it."""
    if service.preflight is not None or not isinstance(service.supervisor, SupervisordSupervisor):
        return check_of(service)
    start = start_in(service, layout)
    return None if start is None else check_of(service.model_copy(update={"supervisor": start}))


def needed_of(service: Service) -> tuple[Path, ...]:
    """Paths that have to be seen wherever they lie."""
    start = start_of(service)
    words = (*(preflight_of(service) or ()), *((*start.command, *start.env.values()) if start else ()))
    named = (Path(word) for word in words if word.startswith("/"))
    probes = (Path(w) for p in service.probes if isinstance(p, CommandProbe) for w in p.command if w.startswith("/"))
    return (service.folder, working_folder(service), *service.config, *service.paths, *named, *probes)


def identity_of(user: str) -> list[int]:
    """What a service of that user becomes: user, group, further groups; [] for our own, and where only root could."""
    uid = uid_of(user)
    if uid is None or uid == os.geteuid() or os.geteuid() != 0:
        return []
    entry = pwd.getpwuid(uid)
    return [uid, entry.pw_gid, *os.getgrouplist(entry.pw_name, entry.pw_gid)]


def _of_the_world(start: ProcessSupervisor, layout: Layout) -> ProcessSupervisor:
    """With the paths of copies turned to where they will be seen."""

    def said(texts: Iterable[str]) -> list[str]:
        return [layout.said(text) for text in texts]

    return start.model_copy(
        update={
            "command": tuple(said(start.command)),
            "cwd": Path(layout.said(str(start.cwd))),
            "env": dict(zip(start.env, said(start.env.values()), strict=True)),
        }
    )
