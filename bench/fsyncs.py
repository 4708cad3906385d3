"""Counts how often a command makes the disk keep what it wrote."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 60.0
_CALL = re.compile(r"\bf(?:data)?sync\(")
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static int forward(const char *name, int fd) {
    int log = open(getenv("FSYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (log >= 0) { if (write(log, "fsync(\n", 7) < 0) abort(); close(log); }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return forward("fsync", fd); }
int fdatasync(int fd) { return forward("fdatasync", fd); }
"""


@dataclass(frozen=True)
class Count:
    """`calls` None: nothing here can count them, and `how` says why."""

    calls: int | None
    how: str


def count_fsyncs(command: Sequence[str], folder: Path) -> Count:
    """The fsync and fdatasync calls of `command` and its children: by strace, else by a preloaded shim."""
    log = folder / "fsyncs.log"
    for count in (by_strace, by_shim):
        log.unlink(missing_ok=True)
        log.touch()
        counted = count(command, log)
        if counted is not None:
            return counted
    return Count(None, "not counted: neither strace nor a C compiler works here")


def by_strace(command: Sequence[str], log: Path) -> Count | None:
    """None where strace is not there, or may not trace; also for a command that fails."""
    if shutil.which("strace") is None:
        return None
    traced = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(log), *command]
    return Count(_calls(log), "counted by strace") if _succeeds(traced) else None


def by_shim(command: Sequence[str], log: Path) -> Count | None:
    """None where nothing compiles; also for a command that fails."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = log.with_name("shim.c"), log.with_name("shim.so")
    source.write_text(_SHIM, encoding="utf-8")
    if not _succeeds([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]):
        return None
    environ = os.environ | {"LD_PRELOAD": str(library), "FSYNC_LOG": str(log)}
    return Count(_calls(log), "counted by a preloaded shim") if _succeeds(command, environ) else None


def _succeeds(command: Sequence[str], environ: dict[str, str] | None = None) -> bool:
    """What it says goes nowhere; one that fails, or hangs, cannot count."""
    try:
        ended = subprocess.run(command, env=environ, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _calls(log: Path) -> int:
    return len(_CALL.findall(log.read_text(encoding="utf-8")))
