"""What a supervisord configuration says, read as supervisord reads it: includes, `%(…)s`, groups."""

import platform
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prunella.errors import Rejected
from prunella.supervisors.supervisord_sections import read_sections

_KINDS = ("program", "fcgi-program", "eventlistener")
_TRUE, _FALSE = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}
_NO_FILE = {"", "none", "off", "auto", "syslog"}


@dataclass(frozen=True)
class Program:
    """One program section with everything filled in, as its first process sees it.

    `processes` are the names of all its processes; empty for numprocs=0. `directory` "" and `user` "": those of
    supervisord. `environment` is what the section and `[supervisord]` declare. For `start_s` it has to stay up before
    it counts as running. `logs` are the files that take its output, errors first; those that supervisord names by
    itself are not among them.
    """

    name: str
    group: str
    command: tuple[str, ...]
    processes: tuple[str, ...]
    directory: str
    user: str
    environment: Mapping[str, str]
    autostart: bool
    start_s: float
    stop_wait_s: float
    logs: tuple[str, ...]


@dataclass(frozen=True)
class Endpoint:
    """Where supervisord listens: the file of a socket, or a host and port. `section` says who it is known from."""

    section: str
    socket: str = ""
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.socket or f"{self.host}:{self.port}"


class Conf:
    """The file at `path` with what it includes. `environ` is what supervisord was started with.

    Raises Rejected, with the file and the reason, for what supervisord would not accept; with `lenient`, whatever can
    be read of a broken file is there.
    """

    def __init__(self, path: Path, environ: Mapping[str, str], *, lenient: bool = False) -> None:
        self.path, self._lenient = path, lenient
        self._here = str(path.parent)
        self._expansions = {f"ENV_{name}": value for name, value in environ.items()}
        self._expansions |= {"here": self._here, "host_node_name": platform.node()}
        self._parser = read_sections(path, lenient=lenient, fill_in=lambda text: self._expanded(text, {}, "files"))
        if not lenient and not self._parser.has_section("supervisord"):
            raise Rejected(f"supervisord would refuse {path}: it has no section [supervisord].")
        declared = "" if lenient else self._get("supervisord", "environment", "")
        self.environment = _pairs(declared, self._blame("supervisord"))
        self._expansions |= {f"ENV_{name}": value for name, value in self.environment.items()}

    @property
    def pidfile(self) -> str:
        """May be relative to the folder where supervisord was started."""
        return self._get("supervisord", "pidfile", "supervisord.pid")

    @property
    def directory(self) -> str:
        """Where supervisord goes when it becomes a daemon; "": it stays where it was started."""
        return self._get("supervisord", "directory", "")

    @property
    def names(self) -> tuple[str, ...]:
        """All groups and programs, in the order of the file."""
        parts = (section.partition(":") for section in self._parser.sections())
        return tuple(dict.fromkeys(name.strip() for kind, _, name in parts if kind in (*_KINDS, "group") and name))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Sockets first: they are the ones that nobody else can take."""
        sections = [
            each for each in self._parser.sections() if each.startswith(("unix_http_server", "inet_http_server"))
        ]
        return tuple(filter(None, (self._endpoint(each) for each in sorted(sections, reverse=True))))

    def _endpoint(self, section: str) -> Endpoint | None:
        username, password = self._get(section, "username", ""), self._get(section, "password", "")
        if password.startswith("{SHA}"):  # a hash opens nothing: the client's own section knows it
            username = self._get("supervisorctl", "username", username)
            password = self._get("supervisorctl", "password", "")
        if section.startswith("unix"):
            place = self._get(section, "file", "").strip()
            return Endpoint(section, place, username=username, password=password) if place else None
        host, _, port = self._get(section, "port", "").strip().rpartition(":")
        if not port.isdigit():
            return None
        host = host.lower() if host not in {"", "*", "0.0.0.0"} else "127.0.0.1"
        return Endpoint(section, host=host, port=int(port), username=username, password=password)

    def group_of(self, name: str) -> str | None:
        """The group to which a group, or a program, of that name belongs; None when there is neither."""
        if f"group:{name}" in self._parser:
            return name
        for section in self._parser.sections():
            kind, _, group = section.partition(":")
            if kind == "group" and name in self._members(section):
                return group.strip()
        return name if self._section_of(name) else None

    def programs_of(self, group: str) -> tuple[Program, ...]:
        """Those of a group, in its order; a program outside of every group is one of its own. Empty: no such group."""
        section = f"group:{group}"
        names = self._members(section) if self._parser.has_section(section) else (group,)
        return tuple(self._program(name, group) for name in names if self._section_of(name))

    def _members(self, section: str) -> tuple[str, ...]:
        return tuple(filter(None, (name.strip() for name in self._get(section, "programs", "").split(","))))

    def _section_of(self, program: str) -> str | None:
        known = (f"{kind}:{program}" for kind in _KINDS)
        return next((section for section in known if self._parser.has_section(section)), None)

    def _program(self, name: str, group: str) -> Program:
        section = self._section_of(name) or ""
        blame, count = self._blame(section), self._whole(section, "numprocs", 1)
        first = self._whole(section, "numprocs_start", 0)
        more = {"program_name": name, "group_name": group, "process_num": first, "numprocs": count}
        own = _pairs(self._get(section, "environment", "", more), blame)
        more |= {f"ENV_{key}": value for key, value in own.items()}
        pattern = self._get(section, "process_name", "%(program_name)s", raw=True)
        numbers = (more | {"process_num": number} for number in range(first, first + count))
        return Program(
            name=name,
            group=group,
            command=self._command(section, more),
            processes=tuple(self._expanded(pattern, each, blame) for each in numbers),
            directory=self._get(section, "directory", "", more),
            user=self._get(section, "user", "", more),
            environment={**self.environment, **own},
            autostart=self._is_true(section, "autostart"),
            start_s=float(self._whole(section, "startsecs", 1)),
            stop_wait_s=float(self._whole(section, "stopwaitsecs", 10)),
            logs=tuple(self._logs(section, more)),
        )

    def _command(self, section: str, more: Mapping[str, object]) -> tuple[str, ...]:
        """Split as a shell would. Raises Rejected when there is none."""
        text = self._get(section, "command", "", more)
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise Rejected(f"{self._blame(section)}: command = {text} cannot be split: {error}.") from error
        if not words and not self._lenient:
            raise Rejected(f"{self._blame(section)}: there is no command.")
        return words

    def _logs(self, section: str, more: Mapping[str, object]) -> Iterator[str]:
        joined = self._get(section, "redirect_stderr", "false").lower() in _TRUE
        for stream in ("stdout",) if joined else ("stderr", "stdout"):
            place = self._get(section, f"{stream}_logfile", "", more)
            if place.lower() not in _NO_FILE:
                yield place

    def _is_true(self, section: str, key: str) -> bool:
        text = self._get(section, key, "true").lower()
        if text not in _TRUE | _FALSE and not self._lenient:
            raise Rejected(f"{self._blame(section)}: {key} = {text} is neither true nor false.")
        return text not in _FALSE

    def _whole(self, section: str, key: str, default: int) -> int:
        text = self._get(section, key, str(default))
        try:
            return int(text)
        except ValueError as error:
            raise Rejected(f"{self._blame(section)}: {key} = {text} is no whole number.") from error

    def _get(
        self, section: str, key: str, default: str, more: Mapping[str, object] | None = None, *, raw: bool = False
    ) -> str:
        text = self._parser.get(section, key, fallback=default)
        return text if raw else self._expanded(text, more or {}, f"{self._blame(section)}: {key}")

    def _expanded(self, text: str, more: Mapping[str, object], blame: str) -> str:
        try:
            return text % {**self._expansions, **more}
        except (KeyError, ValueError, TypeError) as error:
            if self._lenient:
                return text
            raise Rejected(f"{blame} = {text} cannot be filled in: {error!r}.") from error

    def _blame(self, section: str) -> str:
        return f"supervisord would refuse {self.path}, [{section}]"


def _pairs(text: str, blame: str) -> dict[str, str]:
    """`A="1",B=2` as supervisord takes it apart."""
    lexer = shlex.shlex(text)
    lexer.wordchars += "/.+-():"
    try:
        words = list(lexer)
    except ValueError as error:
        raise Rejected(f"{blame}: environment = {text}: {error}.") from error
    found: dict[str, str] = {}
    for at in range(0, len(words), 4):
        match words[at : at + 3]:
            case [name, "=", value]:
                found[name] = value.strip("'\"")
            case _:
                raise Rejected(f'{blame}: environment = {text} is no list of NAME="value".')
    return found
