"""A program of its own, which needs nothing but the standard library: `postgres_check.py N LAUNCHER… postgres WORDS`.

N is how many words launch the server. `postgres -C` reads postgresql.conf and no more: which settings go together,
certificates, libraries, memory and pg_hba.conf are looked at by a start only. So it starts PostgreSQL, as nobody can
reach it, on a new folder that has all of the data folder but the data. All of that is looked at before PostgreSQL
misses its write-ahead log, which ends the start. What it says before that is printed, and the end is 1; else it is 0.
As root it becomes the owner of the data folder, since PostgreSQL would refuse to run.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePath
from typing import NamedTuple

_ASKED = ("config_file", "data_directory", "hba_file", "ident_file", "listen_addresses", "unix_socket_directories",
          "logging_collector", "log_directory")  # fmt: skip
_THROUGH = re.compile(r'"pg_wal"')
_OWN_FOLDERS = re.compile(r"base|global|pg_\w+")
_LEFT_OUT = re.compile(r"postmaster\.|backup_label|tablespace_map|.*\.signal$|current_logfiles|promote|logrotate")
_TELLS_NOTHING = re.compile(
    r"database system (?:is|was) |starting PostgreSQL|skipping missing configuration file|listening on Unix socket"
    r"|startup process \(PID|terminating any other active|shutting down due to startup"
)
_WANTED_MEMORY = re.compile(r"Cannot allocate memory.*?currently (\d+) bytes", re.DOTALL)
_LOCALE = {"LC_ALL": "C", "LANGUAGE": "C"}


class _Launch(NamedTuple):
    """`command` starts the server; whoever runs it here becomes `uid` and `gid` first, unless these are None."""

    command: tuple[str, ...]
    uid: int | None = None
    gid: int | None = None


class _Fault(Exception):
    """What is wrong, as PostgreSQL would say it."""


def server_in(words: Sequence[str]) -> tuple[str, ...] | None:
    """`postgres` with its words, also where `pg_ctl` starts it; None for what starts no server."""
    if PurePath(words[0]).name != "pg_ctl":
        no_start = {"--single", "--boot", "--describe-config", "-C", "-V", "--version", "--check"}
        return None if no_start & set(words[1:]) else tuple(words)
    folder, options = _of_pg_ctl(words)
    if not {"start", "restart"} & set(words[1:]):
        return None
    server = str(Path(words[0]).parent / "postgres") if "/" in words[0] else "postgres"
    return (server, *(("-D", folder) if folder else ()), *options)


def _of_pg_ctl(words: Sequence[str]) -> tuple[str, list[str]]:
    """The data folder ("": the environment has it), and what it hands to the server."""
    folder, options = "", list[str]()
    for flag, value in zip(words, [*words[1:], ""], strict=True):
        if flag in {"-D", "--pgdata"}:
            folder = value
        elif flag.startswith("--pgdata="):
            folder = flag.removeprefix("--pgdata=")
        elif flag in {"-o", "--options"}:
            options = shlex.split(value)
    return folder, options


def main() -> None:
    count = int(sys.argv[1])
    before, server = tuple(sys.argv[2 : 2 + count]), tuple(sys.argv[2 + count :])
    try:
        check(before, server)
    except (_Fault, OSError) as fault:
        print(fault)
        sys.exit(1)


def check(before: tuple[str, ...], server: tuple[str, ...]) -> None:
    """Raises _Fault, and OSError."""
    launch = _Launch((*before, *server))
    uid = _uid_of(before)
    if uid == 0:
        owner = Path(_first_folder(server)).stat()
        launch, uid = launch._replace(uid=owner.st_uid, gid=owner.st_gid), owner.st_uid
    settings = _settings(launch)
    data = Path(settings["data_directory"])
    _check_folder(data, uid)
    _check_lock(data)
    _check_places(settings, data)
    _start(launch, settings, data, uid)


def _uid_of(before: tuple[str, ...]) -> int:
    """Of whoever runs what is launched so."""
    if not before:
        return os.geteuid()
    said = subprocess.run((*before, "id", "-u"), capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise _Fault(said.stderr.strip() or f"{before[0]}: exit code {said.returncode}")
    return int(said.stdout)


def _first_folder(server: Sequence[str]) -> str:
    """The one named by the words or the environment."""
    named = [value for flag, value in pairwise(server) if flag == "-D"]
    named += [word[2:] for word in server if word.startswith("-D") and len(word) > 2]
    return next((folder for folder in (*named, os.environ.get("PGDATA", "")) if folder), ".")


def _settings(launch: _Launch) -> dict[str, str]:
    """What the files and words set. Raises _Fault for what `postgres -C` finds wrong with them."""
    first = _end_of(_begin(launch, "-C", _ASKED[0]))
    if first.returncode != 0:
        raise _Fault(_told(first.stdout))
    rest = [_begin(launch, "-C", name) for name in _ASKED[1:]]
    said = [first, *(_end_of(process) for process in rest)]
    return {name: each.stdout.splitlines()[-1] if each.stdout else "" for name, each in zip(_ASKED, said, strict=True)}


def _begin(launch: _Launch, *words: str, cwd: str | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (*launch.command, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", cwd=cwd, env={**os.environ, **_LOCALE}, user=launch.uid, group=launch.gid,
        extra_groups=None if launch.uid is None else [],
    )  # fmt: skip


def _end_of(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """With both streams as one."""
    with process:
        said, _ = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, said)


def _check_folder(data: Path, uid: int) -> None:
    """What a start asks of the data folder itself."""
    facts = data.stat()
    if facts.st_uid != uid:
        raise _Fault(f'FATAL:  data directory "{data}" has wrong ownership: it is of uid {facts.st_uid}, not {uid}')
    if facts.st_mode & 0o027:
        mode = f"{facts.st_mode & 0o777:04o}"
        raise _Fault(f'FATAL:  data directory "{data}" has invalid permissions {mode}: they should be 0700 or 0750')
    for name in ("base", "pg_wal"):
        if not (data / name).is_dir():
            raise _Fault(f'FATAL:  could not open directory "{data}/{name}": No such file or directory')


def _check_lock(data: Path) -> None:
    """A lock of somebody who lives, and is no PostgreSQL, keeps every start from going on."""
    try:
        pid = abs(int((data / "postmaster.pid").read_text().splitlines()[0]))
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError, IndexError):
        return
    if name not in {"postgres", "postmaster"} and pid != os.getpid():
        held = f"process {pid}, which is {name} and no PostgreSQL"
        raise _Fault(f'FATAL:  lock file "{data}/postmaster.pid" already exists, of {held}')


def _check_places(settings: Mapping[str, str], data: Path) -> None:
    """Addresses and folders that the trial start must not use."""
    hosts = _listed(settings["listen_addresses"])
    if hosts and not any(host == "*" or _can_bind(host) for host in hosts):
        raise _Fault(f"FATAL:  could not create any TCP/IP sockets for listen_addresses = {', '.join(hosts)}")
    folders = _listed(settings["unix_socket_directories"])
    if folders and not any(folder.startswith("@") or (data / folder).is_dir() for folder in folders):
        raise _Fault(f"FATAL:  could not create any Unix-domain sockets: no such folder: {', '.join(folders)}")
    log = data / settings["log_directory"]
    if settings["logging_collector"] == "on" and not log.is_dir() and not log.parent.is_dir():
        raise _Fault(f'FATAL:  could not open log file in "{log}": No such file or directory')


def _listed(text: str) -> list[str]:
    return [word for each in text.split(",") if (word := each.strip().strip('"'))]


def _can_bind(host: str) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.bind(address)
    except OSError:
        return False
    return True


def _start(launch: _Launch, settings: Mapping[str, str], data: Path, uid: int) -> None:
    """Raises _Fault for what it says before it misses its write-ahead log."""
    with tempfile.TemporaryDirectory(prefix="postgres-check-", ignore_cleanup_errors=True) as top:
        _give(Path(top), uid)
        folder = Path(top, "data")
        _furnish(folder, data, uid)
        said = _end_of(_begin(launch, *_alone(settings, folder, top), cwd=top))
    text = said.stdout.replace(str(folder), str(data))
    if _is_short_of_memory(text):
        return
    if said.returncode == 0 or not _THROUGH.search(text):
        raise _Fault(_told(text) or f"exit code {said.returncode}")
    print("\n".join(line for line in _told(text).splitlines() if "FATAL:" not in line))


def _is_short_of_memory(text: str) -> bool:
    """It asks for less than the machine has: another day it gets that, and so it does once the running one is gone."""
    match = _WANTED_MEMORY.search(text)
    return match is not None and int(match[1]) < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _alone(settings: Mapping[str, str], folder: Path, top: str) -> Iterator[str]:
    values = {
        "data_directory": str(folder),
        **{name: settings[name] for name in ("config_file", "hba_file", "ident_file")},
        "listen_addresses": "",
        "unix_socket_directories": top,
        "external_pid_file": f"{folder}/external.pid",
        "huge_pages": "off",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_min_messages": "warning",
        "lc_messages": "C",
    }
    yield from ("-D", str(folder))
    for name, value in values.items():
        yield from ("-c", f"{name}={value}")


def _furnish(folder: Path, data: Path, uid: int) -> None:
    """Settings, certificates and the like as links; the folders of the data as empty ones; no write-ahead log."""
    folder.mkdir(mode=0o700)
    for entry in data.iterdir():
        target = folder / entry.name
        if _LEFT_OUT.match(entry.name) or entry.name == "pg_wal":
            continue
        if entry.is_dir() and _OWN_FOLDERS.fullmatch(entry.name):
            target.mkdir(mode=0o700)
            _give(target, uid)
        elif entry.is_dir() or entry.is_file():
            target.symlink_to(entry)
    shutil.copyfile(data / "global" / "pg_control", folder / "global" / "pg_control")
    _give(folder / "global" / "pg_control", uid)
    _give(folder, uid)


def _give(path: Path, uid: int) -> None:
    if os.geteuid() == 0 and uid != 0:
        os.chown(path, uid, -1)


def _told(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip() and not _TELLS_NOTHING.search(line))


if __name__ == "__main__":
    main()
