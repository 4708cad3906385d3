"""docker or podman, spoken to through the docker SDK: every call beside the event loop, bounded, its errors ours."""

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from prunella.errors import Misuse, Transient
from prunella.sandbox.addresses import Address, Engine
from prunella.sandbox.beside import beside

T = TypeVar("T")
ANSWER_S = 30.0
_INSTALL = "pip install 'prunella[docker]'"
_START = {
    "docker": "Start it, or say where it is with DOCKER_HOST or `docker context use`.",
    "podman": (
        "Start its service with `systemctl --user start podman.socket` or `podman system service --time=0`, or say "
        "where it is with CONTAINER_HOST."
    ),
}


class Gone(Transient):
    """The container, or the image, is not there (any more)."""


class Daemon:
    """`name` is for people: the engine and where it listens."""

    def __init__(self, engine: Engine, address: Address, answer_s: float) -> None:
        self.engine, self.answer_s, self._address = engine, answer_s, address
        self.name = f"{engine} at {address.url}"

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Any]:
        """A client of its own for each who asks: they are not made to be shared. Raises Misuse."""
        api = await self._connect()
        try:
            yield api
        finally:
            api.close()

    async def _connect(self) -> Any:
        self._must_be_possible()
        try:
            return await beside(self._client, self.answer_s)
        except _failures() as error:
            raise Misuse(
                f"Code of others is not run: {self.name} does not answer ({_words(error)}). {self._remedy(error)}"
            ) from error

    async def call(self, call: Callable[[], T], timeout_s: float | None = None) -> T:
        """Raises Gone for what is not there, and Transient with the daemon's own words."""
        try:
            return await beside(call, timeout_s or self.answer_s)
        except _failures() as error:
            kind = Gone if _status(error) == 404 else Transient
            raise kind(f"{self.name} did not do it: {_words(error)}") from error

    def _client(self) -> Any:
        import docker

        client: Any = docker.APIClient(
            base_url=self._address.url, version="auto", timeout=math.ceil(self.answer_s), tls=self._tls()
        )
        return client

    def _tls(self) -> Any:
        from docker.tls import TLSConfig

        folder = self._address.certificates
        if folder is None:
            return False
        pair = (str(folder / "cert.pem"), str(folder / "key.pem"))
        return TLSConfig(client_cert=pair, ca_cert=str(folder / "ca.pem"), verify=True)

    def _must_be_possible(self) -> None:
        if find_spec("docker") is None:
            raise Misuse(f"Code of others is not run: the docker SDK, which speaks to {self.engine}, is missing. "
                         f"Install it with `{_INSTALL}`.")  # fmt: skip
        socket = Path(self._address.url.removeprefix("unix://"))
        if self._address.url.startswith("unix://") and not socket.exists():
            raise Misuse(
                f"Code of others is not run: {self.name} does not answer: no such socket. {_START[self.engine]}"
            )
        if self._address.url.startswith("ssh:"):
            raise Misuse(
                f"Code of others is not run: {self.name} is behind ssh, which is not spoken here. Bring its socket "
                "here with `ssh -N -L /path/of/yours.sock:/var/run/docker.sock HOST` and name `unix:///path/of/yours.sock`."
            )

    def _remedy(self, error: Exception) -> str:
        if "Permission denied" in str(error):
            return f"This user may not speak to it: use the user's own {self.engine} (rootless), or join its group."
        return _START[self.engine]


def _failures() -> tuple[type[Exception], ...]:
    import docker.errors
    import requests

    return (docker.errors.DockerException, requests.RequestException, OSError, TimeoutError)


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _words(error: Exception) -> str:
    """One line of what it says: the daemon's explanation where there is one."""
    said = str(getattr(error, "explanation", "") or error or type(error).__name__)
    return " ".join(said.split())[:300]
