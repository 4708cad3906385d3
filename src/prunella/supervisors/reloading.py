"""How a running service is made to read its configuration again without a stop."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from prunella.domain.service import Service
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor, SystemdSupervisor
from prunella.supervisors.supervisord_daemon import as_process

_INTERPRETER = re.compile(r"(?:python|pypy)[\d.]*")
_SIGNALS = {
    "nginx": Signals.SIGHUP,
    "postgres": Signals.SIGHUP,
    "postmaster": Signals.SIGHUP,
    "haproxy": Signals.SIGUSR2,
    "gunicorn": Signals.SIGHUP,
    "pgbouncer": Signals.SIGHUP,
    "prometheus": Signals.SIGHUP,
    "alertmanager": Signals.SIGHUP,
    "named": Signals.SIGHUP,
    "sshd": Signals.SIGHUP,
    "squid": Signals.SIGHUP,
    "mosquitto": Signals.SIGHUP,
    "php-fpm": Signals.SIGUSR2,
    "apache2": Signals.SIGUSR1,
    "httpd": Signals.SIGUSR1,
}
"""Program → the signal that its own manual gives for reading the configuration again."""


@dataclass(frozen=True)
class Reload:
    """Either a command to run in `cwd`, or a signal to the service's first process."""

    command: tuple[str, ...] = ()
    signal: Signals | None = None
    cwd: Path = Path()


def reload_of(service: Service) -> Reload | None:
    """What the operator declared; else what systemd, or the manual of a known server, knows. None: only a restart."""
    spec = service.supervisor
    if spec is None:
        return None
    if service.reload is not None:
        return Reload(command=service.reload, cwd=spec.cwd)
    match spec:
        case SystemdSupervisor():
            scope = ("--user",) if spec.user else ()
            return Reload(command=("systemctl", *scope, "--no-ask-password", "reload", spec.unit), cwd=spec.cwd)
        case ProcessSupervisor():
            return _by_signal(spec)
        case SupervisordSupervisor():
            program = as_process(spec)
            return _by_signal(program) if program is not None else None
        case _:
            return None


def _by_signal(process: ProcessSupervisor) -> Reload | None:
    name = _program(process.command)
    signal = _SIGNALS.get(re.sub(r"[\d.]+$", "", name), _SIGNALS.get(name))
    if signal is None or not _is_master(name, process.command):
        return None
    return Reload(signal=signal, cwd=process.cwd)


def _program(command: tuple[str, ...]) -> str:
    """The script's or module's name rather than its interpreter's."""
    words = [word for word in command if word not in {"-m", "-u", "-I", "-E", "-s", "-B"}]
    first = Path(words[0]).name if words else ""
    return Path(words[1]).name if _INTERPRETER.fullmatch(first) and len(words) > 1 else first


def _is_master(name: str, command: tuple[str, ...]) -> bool:
    """Only with a master does haproxy take the signal; gunicorn with --preload keeps what it has loaded."""
    if name == "haproxy":
        return any(re.fullmatch(r"-W(?:s)?|-sf?W", word) for word in command)
    return not (name == "gunicorn" and "--preload" in command)


_REFUSALS = re.compile(
    r"""
    ^\S+[ ]\S+[ ]\[emerg\]                                        # nginx
    | ^\[ALERT\].*(?:config|[Ll]oading[ ]failure)                  # haproxy
    | Failed[ ]to[ ]load[ ]worker
    | \bconfiguration[ ]file[ ].*\bcontains[ ]errors               # PostgreSQL
    | \bwas[ ]not[ ]reloaded\b
    | \bcannot[ ]be[ ]changed[ ]without[ ]restarting\b
    | (?i:\b(?:failed|unable|error|could[ ]not|cannot)\b.{0,40}\breload(?:ing)?\b.{0,40}\bconfig)
    | (?i:\breload\w*\b.{0,60}\b(?:failed|aborted|rejected|refused)\b)
    """,
    re.VERBOSE,
)


def refusal_in(lines: Iterable[str]) -> str:
    """The first line in which a server says that it did not take its configuration over; "" for none."""
    return next((line for line in lines if _REFUSALS.search(line)), "")
