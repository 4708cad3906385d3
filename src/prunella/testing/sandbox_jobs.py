"""What the jobs of the sandbox suite try: Python programs that print what they should not have been able to do."""

from collections.abc import Sequence

ECHO = """
import sys
print(open("in/given.txt").read() + sys.stdin.read())
print("away", file=sys.stderr)
open("in/given.txt", "a").write("+")
open("új.txt", "w").write("é")
open("bytes", "wb").write(bytes([255, 254]))
sys.exit(3)
"""

COPIES = """
import os
for folder, _, names in list(os.walk(".")):
    for name in names:
        if name != "main.py":
            open(os.path.join(folder, name + ".out"), "w").write(open(os.path.join(folder, name)).read())
"""

ENVIRONMENT = """
import glob, os
own = {"HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
print(*(name if name in own else name + "=" + value.replace(" ", "_") for name, value in os.environ.items()))
for place in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(place).read())
    except OSError:
        pass
"""

A_USER_NAMESPACE = "a user namespace"
RIGHTS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
name = os.uname().nodename.encode()
os.mkdir("own")
if 0 in (os.getuid(), os.geteuid(), os.getgid()):
    print("it is root")
for line in open("/proc/self/status"):
    name, _, value = line.partition(":")
    if name in ("CapEff", "CapPrm", "CapBnd", "CapAmb") and int(value, 16):
        print(line)
    if name == "NoNewPrivs" and value.split() != ["1"]:
        print(line)
calls = {
    "become root": lambda: libc.setuid(0), "join root": lambda: libc.setgid(0), "chroot": lambda: libc.chroot(b"own"),
    "mount": lambda: libc.mount(b"none", b"own", b"tmpfs", 0, None),
    "another's namespace": lambda: libc.setns(os.open("/proc/1/ns/net", 0), 0),
    "a mount namespace": lambda: libc.unshare(0x20000),
    "the host's name": lambda: libc.sethostname(name, len(name)), "a user namespace": lambda: libc.unshare(0x10000000),
}
for what, call in calls.items():
    try:
        if call() == 0:
            print(what)
    except (OSError, AttributeError):
        pass
for device in ("sda", "vda", "nvme0n1", "mem", "kmem", "kmsg", "port", "kvm", "fuse", "loop-control"):
    try:
        open("/dev/" + device, "rb", buffering=0).read(1)
        print("read", device)
    except OSError:
        pass
"""

OUTWARD = """
import socket
def tried(what, attempt):
    try:
        attempt()
        print(what)
    except OSError as error:
        if isinstance(error, TimeoutError):
            print(what, "was under way")
tried("tcp", lambda: socket.create_connection(("192.0.2.1", 80), 3))
tried("dns", lambda: socket.create_connection(("1.1.1.1", 53), 3))
tried("udp", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
tried("metadata", lambda: socket.create_connection(("169.254.169.254", 80), 3))
tried("ipv6", lambda: socket.create_connection(("2001:db8::1", 80), 3))
tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
tried("packet", lambda: socket.socket(17, socket.SOCK_RAW, 768))
if [name for _, name in socket.if_nameindex() if name != "lo"]:
    print(socket.if_nameindex())
"""

LINKS = """
import os
os.symlink("/etc/passwd", "link.txt")
os.symlink("/etc", "folder")
os.symlink("/proc/self/environ", "environ.txt")
os.remove("given.txt")
os.symlink("/etc/hostname", "given.txt")
os.symlink(".", "round")
os.mkfifo("pipe")
open("plain.txt", "w").write("plain")
try:
    os.link("/etc/passwd", "hard.txt")
except OSError:
    pass
"""

MANY_FILES = """
open("a-large", "w").write("x" * 15_000_000)
for number in range(1500):
    open(f"small{number:04}", "w").write("x" * 1000)
"""

LARGE_FILE = "f = open('large', 'wb')\nfor _ in range(1024): f.write(bytes(1024**2))"

MEMORY = """
kept = []
while True:
    kept.append(bytearray(b"x") * (8 * 1024**2))
"""

SHARED_OUT_MEMORY = """
import os, sys, time
for _ in range(8):
    if not os.fork():
        kept = bytearray(b"x") * (60 * 1024**2)
        time.sleep(100)
sys.exit(os.wait()[1] != 0)
"""

FLOOD = "import sys\nprint('first')\nfor _ in range(3000): sys.stdout.write('x' * 65536)\nprint('\\nlast')"

LEAVES = """
import os
for place in ("left", "/tmp/left", "/dev/shm/left"):
    open(place, "w").write("x")
"""

LOOKS = "import os\nprint(os.listdir('.'), [n for n in os.listdir('/tmp')], os.listdir('/dev/shm'))"


def searches(places: Sequence[str], name: str) -> str:
    """Prints each of `places` that is there, and where a file `name` lies."""
    return f"""
import os
for place in {list(places)!r}:
    if os.path.lexists(place):
        print(place)
for start in ("/", "/proc/1/root", "/proc/1/cwd"):
    for folder, folders, names in os.walk(start):
        folders[:] = [each for each in folders if each not in ("proc", "sys", "usr", "lib")]
        if {name!r} in names:
            print(os.path.join(folder, {name!r}))
"""


def writes(place: str) -> str:
    """Tries to open for writing what is the system's, and `place`; where it can, nothing is overwritten."""
    return f"""
import os
places = ["/x", "/usr/x", "/usr/bin/x", "/etc/x", "/etc/passwd", "/dev/x", "/run/x", "/var/x", "/home/x", "/root/x",
          "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/sys/x",
          "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes", {place!r}]
for place in places:
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600))
        print("wrote", place)
    except OSError:
        pass
for own in ("x", "/tmp/x"):
    open(own, "w").write("its own")
"""


def connects(hosts: Sequence[str], port: int, abstract: str) -> str:
    return f"""
import socket
for host in {list(hosts)!r}:
    try:
        socket.create_connection((host, {port}), 2)
        print(host)
    except OSError:
        pass
try:
    socket.socket(socket.AF_UNIX).connect({abstract!r})
    print("a local server")
except OSError:
    pass
"""


def fills(folder: str) -> str:
    """Writes files until there is no room, also such as have no name any more."""
    return f"""
import os
for number in range(1000):
    file = open("{folder}/f", "wb", buffering=0)
    kept = os.dup(file.fileno())
    os.remove("{folder}/f")
    file.write(bytes(3 * 1024**2))
"""


def forks(mark: str) -> str:
    return f"""
import os, sys
made = 0
try:
    while True:
        if not os.fork():
            os.execvp("python3", ["python3", "-c", "import time; time.sleep(99)", "{mark}"])
        made += 1
except OSError:
    print(made)
    raise
"""


def daemonises(mark: str) -> str:
    return f"""
import os, sys
if os.fork():
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.execvp("python3", ["python3", "-c", "import time; time.sleep(99)", "{mark}"])
"""


def kills(pids: Sequence[int]) -> str:
    """Signals those, and whoever started it."""
    return f"""
import os
for pid in {list(pids)!r}:
    for number in (15, 9):
        if pid != os.getpid():
            try:
                os.kill(pid, number)
            except OSError:
                pass
print("still here")
"""


def program(construction: str, script: str) -> str:
    """What another process does: run a script in a sandbox of its own."""
    return f"""
import asyncio
from prunella.domain.sandbox import Job
{construction}
asyncio.run(sandbox.run(Job(command=("sh", "-c", {script!r}))))
"""
