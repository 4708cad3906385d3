"""A program of its own, which needs nothing but the standard library: `redis_check.py N LAUNCHER… redis-server WORDS`.

N is how many words launch the server. Redis cannot check its configuration without a start. So it is started beside the
real one, as nobody can reach it: on a socket in a new folder, without its data, without a log, following nobody. The
end is 0 once that Redis is ready; else what it says is printed, and the end is 1. Addresses are tried only.
"""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_READY = "eady to accept connections"
_ALONE = (
    "--port", "0", "--daemonize", "no", "--pidfile", "", "--save", "", "--appendonly", "no",
    "--dbfilename", ".no-such-dump.rdb", "--loglevel", "notice", "--syslog-enabled", "no", "--supervised", "no",
    "--replicaof", "no", "one", "--cluster-enabled", "no",
)  # fmt: skip
_NO_SERVER = frozenset({"--sentinel", "--test-memory", "--check-system", "-v", "--version", "-h", "--help", "-"})


def is_start(server: Sequence[str]) -> bool:
    return not _NO_SERVER & set(server[1:])


def main() -> None:
    count = int(sys.argv[1])
    before, server = sys.argv[2 : 2 + count], sys.argv[2 + count :]
    said = dict(told(server))
    with tempfile.TemporaryDirectory(prefix="redis-check-", ignore_cleanup_errors=True) as folder:
        if before and os.geteuid() == 0:
            os.chown(folder, _uid_of(before), -1)
        quiet = ("--logfile", "") if has_folder(said.get("logfile", "")) else ()
        encrypted = ("--tls-port", "0", "--tls-replication", "yes") if said.get("tls-port", "0") != "0" else ()
        ok, lines = ready([*before, *server, *_ALONE, *quiet, *encrypted, "--unixsocket", f"{folder}/s"])
    faults = list(unbindable(said)) if ok else []
    print("\n".join([*([] if ok else lines), *faults]))
    sys.exit(0 if ok and not faults else 1)


def _uid_of(before: Sequence[str]) -> int:
    """Of whoever runs what is launched so; our own where that cannot be told."""
    said = subprocess.run((*before, "id", "-u"), capture_output=True, text=True, timeout=5, check=False)
    return int(said.stdout) if said.stdout.strip().isdigit() else os.geteuid()


def ready(command: list[str]) -> tuple[bool, list[str]]:
    """Whether it gets there, and what it said."""
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace",
        )  # fmt: skip
    except OSError as error:
        return False, [f"{command[0]}: {error.strerror}"]
    with process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if _READY in line:
                process.kill()
                return True, lines
    return False, [line for line in lines if line]


def told(server: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Directives and their arguments, of the file and then of the command line; nothing that cannot be read."""
    words = list(server[1:])
    with contextlib.suppress(OSError):
        if words and not words[0].startswith("--"):
            for line in Path(words[0]).read_text(errors="replace").splitlines():
                name, _, rest = line.strip().partition(" ")
                yield name.lower(), rest.strip()
    for flag in re.split(r"(?:^| )--", shlex.join(words).replace("\n", " "))[1:]:
        name, _, rest = flag.partition(" ")
        yield name.lower(), rest.strip()


def has_folder(logfile: str) -> bool:
    """Of a log that cannot be written Redis itself shall tell."""
    plain = logfile.strip("\"'")
    return not plain or Path(plain).parent.is_dir()


def unbindable(said: dict[str, str]) -> Iterator[str]:
    """Addresses that this machine does not have; a leading `-` says that it need not."""
    for word in said.get("bind", "").split():
        host = word.strip("\"'")
        if host and not host.startswith("-") and host not in {"*", "::*"} and not can_bind(host):
            yield f"Could not create server TCP listening socket {host}: bind: Cannot assign requested address"


def can_bind(host: str) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.bind(address)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
