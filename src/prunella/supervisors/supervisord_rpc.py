"""Speaking XML-RPC to a supervisord: over its socket or its port, never longer than allowed."""

import asyncio
import base64
import http.client
import socket
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from prunella.errors import Rejected, Transient
from prunella.supervisors.supervisord_conf import Endpoint

_ANSWER_S = 5.0
_MOST_BYTES = 8 * 1024 * 1024
_UNAUTHORIZED = 401


class Fault(IntEnum):
    """Why supervisord did not do as asked; the numbers are those of its API."""

    UNKNOWN_METHOD = 1
    SHUTDOWN_STATE = 6
    BAD_NAME = 10
    NO_FILE = 20
    NOT_EXECUTABLE = 21
    FAILED = 30
    ABNORMAL_TERMINATION = 40
    SPAWN_ERROR = 50
    ALREADY_STARTED = 60
    NOT_RUNNING = 70
    ALREADY_ADDED = 90
    STILL_RUNNING = 91
    CANT_REREAD = 92


@dataclass(frozen=True)
class Refusal:
    """A fault that the caller expects. `text` is supervisord's own."""

    fault: int
    text: str


class Rpc:
    """Calls to the supervisord at an endpoint. `start_it` says how it is started, for messages."""

    def __init__(self, endpoint: Callable[[], Endpoint], start_it: str) -> None:
        self._endpoint, self._start_it = endpoint, start_it

    async def call(self, method: str, *arguments: str | int | bool) -> Any:
        """What it answers. Raises Rejected for every fault, and when it is down; Transient when it does not answer."""
        answer = await self.ask(method, *arguments)
        if isinstance(answer, Refusal):
            raise Rejected(f"supervisord refuses {method}: {answer.text}.{_remedy(answer.fault)}")
        return answer

    async def ask(self, method: str, *arguments: str | int | bool) -> Any:
        """The same, but a fault is a Refusal."""
        endpoint = self._endpoint()
        try:
            async with asyncio.timeout(_ANSWER_S * 2):
                return await asyncio.to_thread(_call, endpoint, f"supervisor.{method}", arguments)
        except TimeoutError as error:
            raise Transient(f"supervisord at {endpoint} did not answer {method} in time.") from error
        except (OSError, http.client.HTTPException) as error:
            raise Rejected(
                f"supervisord does not answer at {endpoint} ({error}), so nothing can be asked of it. "
                f"Start it with `{self._start_it}`, or look whether it may be reached by this user."
            ) from error


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_ANSWER_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _call(endpoint: Endpoint, method: str, arguments: tuple[str | int | bool, ...]) -> Any:
    body = xmlrpc.client.dumps(arguments, method).encode()
    connection = _connection(endpoint)
    try:
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml", **_authorization(endpoint)})
        response = connection.getresponse()
        answer = response.read(_MOST_BYTES)
    finally:
        connection.close()
    if response.status == _UNAUTHORIZED:
        raise Rejected(
            f"supervisord at {endpoint} refuses the username and password of [{endpoint.section}]: it was started with "
            "others. Correct them, or restart supervisord."
        )
    if response.status != http.client.OK:
        raise Rejected(f"supervisord at {endpoint} answers {response.status} {response.reason}: is it supervisord?")
    return _value(endpoint, answer)


def _value(endpoint: Endpoint, answer: bytes) -> Any:
    try:
        return xmlrpc.client.loads(answer.decode(errors="replace"))[0][0]
    except xmlrpc.client.Fault as fault:
        return Refusal(fault.faultCode, fault.faultString)
    except (xmlrpc.client.Error, SyntaxError, ValueError, LookupError) as error:
        raise Rejected(f"What answers at {endpoint} is no supervisord: {error}") from error


def _connection(endpoint: Endpoint) -> http.client.HTTPConnection:
    if endpoint.socket:
        return _SocketConnection(endpoint.socket)
    return http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=_ANSWER_S)


def _authorization(endpoint: Endpoint) -> dict[str, str]:
    if not endpoint.username:
        return {}
    token = base64.b64encode(f"{endpoint.username}:{endpoint.password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def _remedy(fault: int) -> str:
    match fault:
        case Fault.UNKNOWN_METHOD:
            return " Add [rpcinterface:supervisor] to its configuration and restart it."
        case Fault.SHUTDOWN_STATE:
            return " It is shutting down: wait, and start it again."
        case Fault.CANT_REREAD:
            return " Correct its configuration; nothing was touched."
        case _:
            return ""
