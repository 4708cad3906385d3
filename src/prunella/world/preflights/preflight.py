"""The command that tells whether a service would accept its configuration: declared, or derived from its start."""

import os
import pwd
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prunella.domain.service import Service
from prunella.domain.supervisor import CommandSupervisor, ProcessSupervisor, SupervisordSupervisor
from prunella.supervisors.processes import uid_of
from prunella.supervisors.supervisord import as_process
from prunella.world.preflights import postgres_check, redis_check, supervisord_check
from prunella.world.preflights.launching import Launched, launched
from prunella.world.preflights.recipes import checking, recipe_for

_PYTHON = (sys.executable, "-I", "-S")


@dataclass(frozen=True)
class Preflight:
    """What is run, where, and what is added to our environment for it."""

    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])


def preflight_of(service: Service) -> tuple[str, ...] | None:
    """The declared one, else one derived from the start command of a server that we know; None: there is none.

    Reads files at most; touches nothing.
    """
    found = check_of(service)
    return None if found is None else found.command


def check_of(service: Service) -> Preflight | None:
    """As `preflight_of`, with its folder and environment."""
    if service.preflight is not None:
        return Preflight(service.preflight, service.supervisor.cwd if service.supervisor else service.folder)
    start = start_of(service)
    if start is None:
        return None
    command = derived(start)
    return None if command is None else Preflight(command, start.cwd, start.env)


def start_of(service: Service) -> ProcessSupervisor | None:
    """How the service is started, as if we started it ourselves; None where it cannot be told."""
    match service.supervisor:
        case ProcessSupervisor() as spec:
            return spec
        case SupervisordSupervisor() as spec:
            return as_process(spec)
        case CommandSupervisor() as spec:
            return ProcessSupervisor(command=spec.start, cwd=spec.cwd)
        case _:
            return None


def derived(start: ProcessSupervisor) -> tuple[str, ...] | None:
    """The check of what is started so, run as the same user; None for a server that we do not know."""
    found = launched(start.command)
    if found is None:
        return None
    user = as_user(start.user)
    return _of_ours(found, user) or _by_recipe(found, user, start.env)


def as_user(user: str) -> tuple[str, ...]:
    """What launches a command as that user; nothing for ourselves, and where only root could."""
    uid = uid_of(user)
    if uid is None or uid == os.geteuid() or os.geteuid() != 0 or shutil.which("setpriv") is None:
        return ()
    return ("setpriv", f"--reuid={uid}", f"--regid={pwd.getpwuid(uid).pw_gid}", "--init-groups", "--")


def _by_recipe(found: Launched, user: tuple[str, ...], env: Mapping[str, str]) -> tuple[str, ...] | None:
    recipe = recipe_for(found.name)
    words = checking(recipe, found.server, env) if recipe else None
    return None if words is None else (*user, *found.launching(words))


def _of_ours(found: Launched, user: tuple[str, ...]) -> tuple[str, ...] | None:
    """For servers that have no check of their own: a small program that does it."""
    before = user if found.is_script else (*user, *found.before)
    match found.name:
        case "postgres" | "postmaster" | "pg_ctl":
            server = postgres_check.server_in(found.server)
            return None if server is None else (*_PYTHON, postgres_check.__file__, str(len(before)), *before, *server)
        case "redis-server" | "valkey-server" | "keydb-server":
            if not redis_check.is_start(found.server):
                return None
            return (*_PYTHON, redis_check.__file__, str(len(before)), *before, *found.server)
        case "supervisord":
            python = supervisord_check.python_of(found.server[0])
            return None if python is None else (*before, python, supervisord_check.__file__, *found.server[1:])
        case _:
            return None
