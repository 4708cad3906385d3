"""The container that one job has for itself: what it may, and the scripts that run in there."""

from collections.abc import Iterable
from typing import Any

from prunella.domain.sandbox import Job, JobLimits
from prunella.sandbox.leftovers import LABEL, owner
from prunella.sandbox.walls import FOLDER, room_mb

JOB_USER = "61000:61000"  # nobody's, and within the ids that a daemon without root has
_KEEPER_USER = "61001:61001"  # another one, so that a job cannot end what keeps its container
_MEBIBYTE = 1024 * 1024
_SPARE_PROCESSES = 10  # the keeper's, the scripts', and those that bring the files out
_ONE_CPU = 1_000_000_000
_MOST_ID_PROCESSES = 4096  # of that user on the whole machine; the container's own limit is the one that holds
_SPARE_S = 60  # for all that is not the job itself
_MOUNT = "rw,nosuid,nodev,exec,mode=1777"

# Lives as long as its standard input is held open, which we do, and $1 seconds at most; with it goes everything in
# there. `wait` also buries processes whose parents died.
KEEPER = 'exec 3<&0; timeout "$1" cat <&3 >/dev/null 2>&1 & wait'

_AS_GIVEN = ("sh", "-c", 'exec "$@"', "sh")

# Whether the kernel ended something for memory, as the cgroup's own account has it (v2, and v1).
_STARVED = """
starved=0
for account in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  [ ! -r "$account" ] || while read -r name count; do
    [ "$name" != oom_kill ] || [ "$count" = 0 ] || starved=1
  done < "$account"
done
"""


def begun_mark(word: str) -> bytes:
    return f"{word} begun\n".encode()


def ended_mark(word: str) -> bytes:
    """Then come the exit code, 1 or 0 for a kill for memory, and after that line the parcel of files."""
    return f"\n{word} ended ".encode()


def whole_command(job: Job, stdin: str, word: str, parcel_bytes: int) -> list[str]:
    """Lays out what comes in, runs the job, and sends its files out; `word` marks on standard output where."""
    script = f"""
head -c {parcel_bytes} | tar -xmf - -C {FOLDER} || exit 125
echo "{word} begun"
{_run_script(job.limits, alone=False)}{_STARVED}
printf '\\n%s %s %s\\n' "{word} ended" "$code" "$starved"
tar -cf - -C {FOLDER} . 2>/dev/null
"""
    return _in_shell(script, job, stdin)


def run_command(job: Job, stdin: str) -> list[str]:
    """Where the files are laid and no cgroup counts memory and processes; exits as the job did."""
    return _in_shell(f"{_run_script(job.limits, alone=True)}exit $code", job, stdin)


def _in_shell(script: str, job: Job, stdin: str) -> list[str]:
    """`stdin` is the name of the file with standard input."""
    variables = (f"{name}={value}" for name, value in job.environ.items())
    return ["sh", "-c", script, "sh", stdin, *variables, *_AS_GIVEN, *job.command]


def _run_script(limits: JobLimits, *, alone: bool) -> str:
    """$1 holds standard input; then the variables, and what runs the command. What the job started ends with it."""
    cpu_s = max(1, round(limits.cpu_s))
    limiting = [
        f"ulimit {each}" for each in ("-c 0", f"-f {limits.file_mb * 2048}", f"-St {cpu_s}", f"-Ht {cpu_s + 1}")
    ]
    if alone:
        most = limits.processes + _SPARE_PROCESSES
        limiting.append(f"ulimit -v {limits.memory_mb * 1024}")
        limiting.append(f"{{ ulimit -u {most} 2>/dev/null || ulimit -p {most}; }}")  # of bash, of dash
    return f"""
cd {FOLDER} && exec 0<"$1" && rm -f "$1" || exit 125
shift
(
  {" && ".join(limiting)} || exit 125
  exec env -i PATH="$PATH" HOME=/tmp "$@"
)
code=$?
kill -9 -1 2>/dev/null
"""


def creation(api: Any, name: str, image: str, job: Job, volumes: Iterable[str]) -> dict[str, Any]:
    """What `create_container` of the SDK is given. `volumes` are the image's own, which would be on the host's disk."""
    return {
        "image": image,
        "name": name,
        "entrypoint": ["/bin/sh", "-c", KEEPER],
        "command": ["sh", str(round(job.limits.wall_s) + _SPARE_S)],
        "user": _KEEPER_USER,
        "hostname": "job",
        "working_dir": "/",
        "stdin_open": True,
        "stop_signal": "SIGKILL",
        "healthcheck": {"test": ["NONE"]},
        "labels": {LABEL: owner()},
        "network_disabled": not job.network,
        "host_config": api.create_host_config(**_walls(job.limits, network=job.network, volumes=volumes)),
    }


def _walls(limits: JobLimits, *, network: bool, volumes: Iterable[str]) -> dict[str, Any]:
    from docker.types import LogConfig, Ulimit

    room = f"{_MOUNT},size={room_mb(limits) * _MEBIBYTE}"
    memory = limits.memory_mb * _MEBIBYTE
    hard = {"core": 0, "nofile": 256, "nproc": _MOST_ID_PROCESSES}
    return {
        "network_mode": "bridge" if network else "none",
        "read_only": True,
        "tmpfs": dict.fromkeys((FOLDER, "/tmp", *volumes), room),  # noqa: S108 - its own
        "shm_size": limits.file_mb * _MEBIBYTE,
        "security_opt": ["no-new-privileges"],
        "cap_drop": ["ALL"],
        "ipc_mode": "private",
        "pids_limit": limits.processes + _SPARE_PROCESSES,
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": _ONE_CPU,
        "ulimits": [Ulimit(name=name, soft=most, hard=most) for name, most in hard.items()],
        "log_config": LogConfig(type="none"),
        "auto_remove": True,
    }
