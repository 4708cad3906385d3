"""Looks at a run from outside for as long as it goes on."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from bench.attacks.oracle import Oracle
from bench.attacks.siege import DECLARED, Siege

_IN_BETWEEN = "/.prunella-"
"""What a file is called while it takes the place of another."""
_PAUSE_S, _REPEAT_S, _SLOW_S, _STOPPED_S = 0.02, 0.3, 0.25, 2.0


class Watch:
    """Looks all the time while its `with` block lasts, and lets the attacker repeat himself."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._seen: dict[str, tuple[int, int]] = {}
        self._gone: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._changed()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _look(self) -> None:
        repeated = slow = time.monotonic()
        while not self._ended.wait(_PAUSE_S):
            now = time.monotonic()
            if self._changed():
                with suppress(OSError):
                    self._oracle.touched |= set(self._oracle.in_files())
            if now - repeated > _REPEAT_S:
                repeated = now
                self._oracle.siege.plant_again()
            if now - slow > _SLOW_S:
                slow = now
                self._look_slowly(now)

    def _look_slowly(self, now: float) -> None:
        """A bind in effect, a command that ran or a file written beside counts at once, and for good."""
        self._oracle.reached |= set(self._oracle.on_sockets())
        with suppress(OSError):
            self._oracle.touched |= {sign for sign in self._oracle.elsewhere() if _IN_BETWEEN not in sign[1]}
        running = _names(self._oracle.siege)
        for name in ("gateway", "ledger", "catalog", "bank"):
            if name in running:
                self._gone.pop(name, None)
            elif self._oracle.siege.broken.pids.get(name) and now - self._gone.setdefault(name, now) > _STOPPED_S:
                self._oracle.touched.add(("stop a neighbour", f"{name} was down"))

    def _changed(self) -> bool:
        folder = self._oracle.siege.shop.folder
        now = {file: _mark(folder / file) for file in DECLARED}
        changed, self._seen = now != self._seen, now
        return changed


def _mark(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_ino


def _names(siege: Siege) -> set[str]:
    """Which programs of the shop run; by pid, which is cheap, and by search for what is new."""
    pids = siege.broken.pids
    alive = {name for name, each in pids.items() if each and all(psutil.pid_exists(pid) for pid in each)}
    return alive if alive >= {name for name, each in pids.items() if each} else set(siege.shop.processes())
