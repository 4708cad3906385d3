"""What a trial job in a container looks for: a gap in the walls. With sh alone, for images have little else."""

from collections.abc import Iterator

from prunella.domain.sandbox import JobLimits, JobResult

TRIAL = """
for each in /sys/class/net/*; do echo "network ${each##*/}"; done
(: > /prunella-trial) 2>/dev/null && echo "wrote /"
(: > /usr/prunella-trial) 2>/dev/null && echo "wrote /usr"
while read -r name value rest; do
  case $name in Uid:|CapEff:|CapBnd:|NoNewPrivs:|Seccomp:) echo "$name $value" ;; esac
done < /proc/self/status
for each in memory.max memory/memory.limit_in_bytes pids.max pids/pids.max; do
  [ -r "/sys/fs/cgroup/$each" ] && read -r most < "/sys/fs/cgroup/$each" && echo "${each##*/} $most"
done
: > given && echo done
"""
_NONE = "0000000000000000"
_MEBIBYTE = 1024 * 1024


def faults_of(result: JobResult, limits: JobLimits) -> str:
    """What is wrong, in words; "" for nothing."""
    lines = result.stdout.split("\n")
    if not result.ok or "done" not in lines:
        return f"a trial job ended with {result.exit_code} {result.stopped}: {result.stderr.strip()}".rstrip()
    return ", ".join(_gaps([(name, value) for name, _, value in (line.partition(" ") for line in lines)], limits))


def _gaps(seen: list[tuple[str, str]], limits: JobLimits) -> Iterator[str]:
    facts = dict(seen)
    networks = {value for name, value in seen if name == "network"} - {"lo", "*"}
    if networks:
        yield f"a trial job had the networks {', '.join(sorted(networks))}"
    if any(name == "wrote" for name, _ in seen):
        yield "a trial job could write where it must not"
    if facts.get("Uid:") == "0":
        yield "a trial job was root"
    if facts.get("CapEff:", _NONE) != _NONE or facts.get("NoNewPrivs:", "1") != "1":
        yield "a trial job had rights, or could get them"
    if facts.get("Seccomp:", "2") == "0":
        yield "no system call is refused to it (seccomp is off)"
    memory = facts.get("memory.max", facts.get("memory.limit_in_bytes", ""))
    if not _is_at_most(memory, limits.memory_mb * _MEBIBYTE) or not _is_at_most(facts.get("pids.max", ""), 1000):
        yield "its memory and processes are not limited (a daemon without root needs cgroups v2 delegated to it)"


def _is_at_most(said: str, most: int) -> bool:
    return said.isdecimal() and int(said) <= most
