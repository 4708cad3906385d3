"""What a job can see and reach, as arguments for bwrap, and the script that runs it in there."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from prunella.domain.sandbox import Job, JobLimits

FOLDER = "/job"
INNER_ID = 1000  # who the job is, inside
BEGUN = b"begun\n"  # comes out before everything else, when all walls and limits stand
PASSWD = f"job:x:{INNER_ID}:{INNER_ID}::/tmp:/bin/sh\n"
_PARCEL, _STDIN = "/run/parcel.tar", "/run/stdin"
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_STORES = ("/nix/store", "/gnu/store")
_LOADER = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "ld-musl-x86_64.path")
_NETWORK = (
    "resolv.conf", "hosts", "nsswitch.conf", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs",
    "pki/ca-trust/extracted", "crypto-policies",
)  # fmt: skip
_OWN_PYTHON = "/run/python"  # names the interpreter `python3`, where nothing else is called so
_NAMESPACES = ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
_FOLDERS_OF_PYTHON = ("bin", "lib", "lib64")
_LARGEST_FILE_TIMES = 4  # how much room the folder has, in largest files

# $1 megabytes of memory in KiB, $2 seconds of CPU, $3 blocks of 512 bytes, $4 processes; then the command. Standard
# input is the way out for files until the job begins, so that the job itself never holds it.
SCRIPT = f"""
exec 3>&0 0<{_STDIN}
[ ! -s {_PARCEL} ] || tar -xmf {_PARCEL} || exit 125
memory=$1 cpu=$2 blocks=$3 processes=$4; shift 4
(
  {{ ulimit -c 0 && ulimit -v "$memory" && ulimit -f "$blocks" && ulimit -St "$cpu" && ulimit -Ht "$((cpu + 1))" &&
  {{ ulimit -u "$processes" 2>/dev/null || ulimit -p "$processes"; }} && ulimit -n 256; }} || exit 125
  echo begun >&3 && exec "$@" 3>&-
)
code=$?
tar -cf - . >&3 2>/dev/null
exit $code
"""


def room_mb(limits: JobLimits) -> int:
    """How much the job's folder holds."""
    return limits.file_mb * _LARGEST_FILE_TIMES


def inner_command(job: Job, spare_processes: int) -> tuple[str, ...]:
    """The script with the job's command. The kernel counts `spare_processes` with the job, which are not its own."""
    limits = job.limits
    numbers = (
        limits.memory_mb * 1024,
        max(1, round(limits.cpu_s)),
        limits.file_mb * 2048,
        limits.processes + spare_processes,
    )
    return ("/bin/sh", "-c", SCRIPT, "sh", *(str(number) for number in numbers), *job.command)


def walls(job: Job, *, parcel: int, stdin: int, passwd: int) -> Iterator[str]:
    """Everything but who the job is. The numbers are open files that hold what is laid in."""
    yield from _NAMESPACES
    yield from () if job.network else ("--unshare-net",)
    yield from ("--die-with-parent", "--new-session", "--hostname", "job", "--clearenv")
    for name, value in {"PATH": _path(), "HOME": "/tmp", **job.environ}.items():  # noqa: S108 - its own /tmp
        yield from ("--setenv", name, value)
    yield from _system()
    yield from _python()
    yield from _folder("/etc")
    for name in (*_LOADER, *(_NETWORK if job.network else ())):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--perms", "0444", "--ro-bind-data", str(passwd), "/etc/passwd")
    yield from ("--perms", "0444", "--file", str(parcel), _PARCEL, "--perms", "0444", "--file", str(stdin), _STDIN)
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from _writable(job.limits)
    yield from ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", FOLDER)


def interpreter() -> Path:
    """The Python that runs us, outside of any virtual environment."""
    named = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (named if named.exists() else Path(sys.executable)).resolve()


def _path() -> str:
    return f"{interpreter().parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:{_OWN_PYTHON}"


def _folder(place: str) -> tuple[str, ...]:
    """Empty, and open to whoever the job is."""
    return ("--perms", "0755", "--dir", place)


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for place in _SYSTEM:
        if os.path.islink(place):  # noqa: PTH114 - the link itself, as text
            yield from ("--symlink", os.readlink(place), place)  # noqa: PTH115
        else:
            yield from ("--ro-bind-try", place, place)
    for store in _STORES:
        yield from ("--ro-bind-try", store, store)


def _python() -> Iterator[str]:
    """Programs and libraries of the interpreter, nothing else of its prefix: that may be somebody's ~/.local."""
    yield from (*_folder("/run"), *_folder(_OWN_PYTHON), "--symlink", str(interpreter()), f"{_OWN_PYTHON}/python3")
    prefix = interpreter().parents[1]
    if not prefix.is_relative_to("/usr"):
        for parent in (*reversed(prefix.parents[:-1]), prefix):
            yield from _folder(str(parent))
        for name in _FOLDERS_OF_PYTHON:
            yield from ("--ro-bind-try", str(prefix / name), str(prefix / name))


def _writable(limits: JobLimits) -> Iterator[str]:
    """In memory, all of it, and none of it larger than said."""
    for place, size_mb in ((FOLDER, room_mb(limits)), ("/tmp", room_mb(limits)), ("/dev/shm", limits.file_mb)):  # noqa: S108
        yield from ("--perms", "1777", "--size", str(size_mb * 1024 * 1024), "--tmpfs", place)
