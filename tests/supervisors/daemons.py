"""A real supervisord of a test's own, whose programs come and go with its files."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from prunella.domain.supervisor import SupervisordSupervisor
from prunella.supervisors.running_on import RunningOn
from prunella.supervisors.supervisord import SupervisordService

HEAD = """\
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
environment=EVERYBODY="yes"
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = conf.d/*.conf
"""
SOCKET = "[unix_http_server]\nfile=%(here)s/s.sock\n"
_UP_S = 10.0


class Daemon:
    """`folder` has a short name: that of a socket may have 107 characters."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder, self.conf = folder, folder / "supervisord.conf"
        (folder / "conf.d").mkdir()
        self.conf.write_text(text)
        self.process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        command = (sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-n", "-c", str(self.conf))
        output = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)
        until = time.monotonic() + _UP_S
        while "started with pid" not in self.log:
            if time.monotonic() > until or self.process.poll() is not None:
                pytest.fail(f"supervisord did not start: {self.log}")
            time.sleep(0.02)

    @property
    def log(self) -> str:
        path = self.folder / "supervisord.log"
        return path.read_text() if path.exists() else ""

    def close(self) -> None:
        """Ends it and everything that runs in its folder."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(5)
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if Path(process.cwd()).is_relative_to(self.folder):
                    process.kill()

    def declare(self, name: str, source: str, **keys: object) -> None:
        """A section for a Python program; written to the file, and not yet taken over."""
        given: dict[str, object] = {"command": f"{sys.executable} -u {name}.py", "directory": self.folder}
        given |= {"startsecs": 0, "autostart": "false", "stopwaitsecs": 1, **keys}
        folder = Path(str(given["directory"]))
        if folder.is_dir():
            (folder / f"{name}.py").write_text(source)
        lines = "".join(f"{key}={value}\n" for key, value in given.items())
        (self.folder / f"conf.d/{name}.conf").write_text(f"[program:{name}]\n{lines}")

    def spec(self, program: str, timeout_s: float = 10.0) -> SupervisordSupervisor:
        return SupervisordSupervisor(program=program, config=self.conf, cwd=self.folder, timeout_s=timeout_s)

    def service(self, program: str, timeout_s: float = 10.0, digest: str = "d1") -> SupervisordService:
        running_on = RunningOn(self.folder / f"state/{program}.json", lambda: digest)
        return SupervisordService(self.spec(program, timeout_s), service=program, running_on=running_on)


@contextmanager
def supervisord(server: str = SOCKET, head: str = HEAD) -> Generator[Daemon]:
    pytest.importorskip("supervisor", reason="supervisor is not installed: pip install supervisor")
    with tempfile.TemporaryDirectory(prefix="sv-", ignore_cleanup_errors=True) as folder:
        daemon = Daemon(Path(folder).resolve(), server + head)
        daemon.open()
        try:
            yield daemon
        finally:
            daemon.close()
