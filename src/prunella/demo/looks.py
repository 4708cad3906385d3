"""Looks at the running shop from outside, with nothing of Prunella's own probes."""

import http.client
import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

_TIMEOUT_S = 3.0


class Running(Protocol):
    """Where the shop can be looked at."""

    @property
    def folder(self) -> Path: ...

    def url(self, service: str) -> str: ...


def http_status(url: str) -> int | None:
    """The status of a GET; None when nobody answers."""
    return http_get(url)[0]


def http_get(url: str) -> tuple[int | None, str]:
    """Status and body of a GET; None and the reason when nobody answers."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", place.path or "/")
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return None, str(error)
    finally:
        connection.close()


def journey(shop: Running) -> str:
    """What a customer has to complain about, told by a process of its own; "" when nothing."""
    command = [sys.executable, "-m", "programs.journey", shop.url("gateway"), "1.5"]
    result = subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, timeout=15, check=False)
    return "" if result.returncode == 0 else result.stderr.strip() or f"exit code {result.returncode}"


def complaints(shop: Running) -> Mapping[str, str]:
    """Everything that is not green, by its name: the health of each service, and the journey."""
    names = ("gateway", "payments", "ledger", "catalog")
    with ThreadPoolExecutor() as pool:
        found = dict(zip(names, pool.map(http_get, [f"{shop.url(name)}/health" for name in names]), strict=True))
    unwell = {name: f"{status}: {body}" for name, (status, body) in found.items() if status != 200}
    return unwell | ({"journey": trouble} if (trouble := journey(shop)) else {})


def pay(shop: Running) -> str:
    """Make one payment; the path under which it can be seen again. Raises OSError when it is not taken."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(shop.url("gateway")).port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", "/pay", json.dumps({"amount": 4200}))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 201:
        raise OSError(f"POST /pay answered {response.status}: {body.decode(errors='replace')}")
    return f"/pay/{json.loads(body)['id']}"
