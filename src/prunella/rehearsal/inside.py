"""A program of its own, which needs nothing but the standard library: `inside.py WISH`, run where a service is shut in.

It starts the service, looks at its probes until they say the same for a while, writes what it saw, and ends. That it
does not import the rest of us makes it ready in a tenth of the time. Reach is told by its number, as in
`domain.report`.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypedDict
from urllib.parse import urlsplit

NOBODY, SILENT, WRONG, RIGHT = range(4)
_POLL_S = 0.02
_BODY_LIMIT_BYTES = 65536
_QUOTED = 300
_LISTENS = "0A"


class ProbeWish(TypedDict):
    """A probe of the fleet file, as plain data; what its kind does not have is empty."""

    kind: str
    name: str
    timeout_s: float
    url: str
    expect: int
    contains: str
    host: str
    port: int
    command: list[str]
    cwd: str


class Wish(TypedDict):
    """What is to be started and looked at. `same_s`: for how long nothing has to change; `stay_s`: how long a service
    without a probe has to stay up. `env` is added to ours. `identity` is what it becomes: user, group, further groups
    ([]: what we are).
    """

    command: list[str]
    cwd: str
    env: dict[str, str]
    identity: list[int]
    probes: list[ProbeWish]
    limit_s: float
    same_s: float
    stay_s: float
    seen: str


class Told(TypedDict):
    """What was seen. `probes` are name, reach and detail; `ended` is an exit code. `settled` False: it might have gone
    on. `missed`: the service looked for somebody who is not in here.
    """

    probes: list[tuple[str, int, str]]
    ended: int | None
    listens: bool
    settled: bool
    missed: bool


class Seen(NamedTuple):
    """How far one probe got."""

    reach: int
    detail: str


class Looking:
    """`refused` counts our own connections that were refused, which the kernel counts like the service's."""

    def __init__(self, wish: Wish) -> None:
        self.wish, self.refused = wish, 0
        env = {**os.environ, **wish["env"]}
        user, group, *groups = wish["identity"] or (None, None)
        self.child = subprocess.Popen(
            wish["command"], cwd=wish["cwd"], env=env, stdin=subprocess.DEVNULL, start_new_session=True,
            user=user, group=group, extra_groups=groups if wish["identity"] else None,
        )  # fmt: skip

    def watch(self) -> Told:
        wish = self.wish
        begun = since = time.monotonic()
        before: object = None
        while True:
            seen = [(probe["name"], self.look(probe)) for probe in wish["probes"]]
            ended, heard, now = self.child.poll(), listening(), time.monotonic()
            state = (ended, heard, [each.reach for _, each in seen])
            if state != before:
                before, since = state, now
            is_green = bool(seen) and ended is None and all(each.reach == RIGHT for _, each in seen)
            patience = wish["same_s"] if seen else wish["stay_s"]
            is_through = ended is not None or bool(heard) or not seen
            settled = is_green or (is_through and now - since >= patience)
            if settled or now - begun > wish["limit_s"]:
                probes = [(name, each.reach, each.detail) for name, each in seen]
                missed = missing() > self.refused
                return Told(probes=probes, ended=ended, listens=bool(heard), settled=settled, missed=missed)
            time.sleep(_POLL_S)

    def look(self, probe: ProbeWish) -> Seen:
        try:
            return self.reach(probe)
        except TimeoutError:
            return Seen(SILENT, f"no answer within {probe['timeout_s']:g} s")
        except ConnectionRefusedError:
            return Seen(NOBODY, f"connection refused at {place_of(probe)}")
        except ConnectionError as error:
            return Seen(WRONG, f"{place_of(probe)} closed the connection: {error}")
        except (OSError, ValueError) as error:
            return Seen(NOBODY, f"cannot reach {place_of(probe)}: {error}")

    def reach(self, probe: ProbeWish) -> Seen:
        """Raises OSError, and ValueError for what is no address."""
        if probe["kind"] == "http":
            return self.get(probe)
        if probe["kind"] == "command":
            return run(probe)
        self.connect(probe["host"], probe["port"], probe["timeout_s"]).close()
        return Seen(RIGHT, f"{place_of(probe)} accepts connections")

    def get(self, probe: ProbeWish) -> Seen:
        """Follows no redirects. Raises OSError."""
        import http.client

        parts = urlsplit(probe["url"])
        port = parts.port or (443 if parts.scheme == "https" else 80)
        raw = self.connect(parts.hostname or "", port, probe["timeout_s"])
        with raw:
            connection = http.client.HTTPConnection(parts.hostname or "", port)
            connection.sock = secured(raw, parts.hostname or "") if parts.scheme == "https" else raw
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": "prunella", "Accept": "*/*", "Connection": "close"}
            if parts.username is not None:
                pair = f"{parts.username}:{parts.password or ''}".encode()
                headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
            try:
                connection.request("GET", path, headers=headers)
                response = connection.getresponse()
                body = response.read(_BODY_LIMIT_BYTES).decode(errors="replace")
            except http.client.HTTPException as error:
                return Seen(WRONG, f"{place_of(probe)} gave no proper answer: {error!r}")
        if response.status != probe["expect"]:
            said = f": {body[:_QUOTED]}" if body else ""
            return Seen(WRONG, f"HTTP {response.status}, expected {probe['expect']}{said}")
        if probe["contains"] not in body:
            return Seen(WRONG, f"HTTP {response.status} without {probe['contains']!r} in its body: {body[:_QUOTED]}")
        return Seen(RIGHT, f"HTTP {response.status}")

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """Raises OSError."""
        last: OSError = OSError(f"no such host: {host}")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            made = socket.socket(family, kind, protocol)
            made.settimeout(timeout_s)
            try:
                made.connect(address)
            except OSError as error:
                self.refused += isinstance(error, ConnectionRefusedError)
                made.close()
                last = error
            else:
                return made
        raise last


def secured(raw: socket.socket, host: str) -> socket.socket:
    import ssl

    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def run(probe: ProbeWish) -> Seen:
    """A command probe."""
    try:
        done = subprocess.run(
            probe["command"], cwd=probe["cwd"], timeout=probe["timeout_s"], capture_output=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Seen(SILENT, f"no answer within {probe['timeout_s']:g} s")
    if done.returncode == probe["expect"]:
        return Seen(RIGHT, f"exit code {done.returncode}")
    last = (done.stdout + done.stderr)[-_QUOTED:].decode(errors="replace").strip()
    return Seen(WRONG, f"exit code {done.returncode}, expected {probe['expect']}: {last}")


def place_of(probe: ProbeWish) -> str:
    """Without a login."""
    if probe["kind"] == "http":
        return urlsplit(probe["url"]).netloc.rpartition("@")[2]
    return f"{probe['host']}:{probe['port']}" if probe["kind"] == "tcp" else probe["name"]


def listening() -> frozenset[str]:
    """The TCP addresses on which anybody in here listens."""
    rows: list[list[str]] = []
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            rows += [line.split() for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return frozenset(row[1] for row in rows if len(row) > 3 and row[3] == _LISTENS)


def missing() -> int:
    """How many connections went nowhere in here, whoever tried them."""
    try:
        text = Path("/proc/net/snmp").read_text()
    except OSError:
        return 0
    return failures(text)


def failures(snmp: str) -> int:
    """Connections refused, packets without a way out, and datagrams sent, as `/proc/net/snmp` counts them."""
    found: dict[str, int] = {}
    lines = [line.split() for line in snmp.splitlines()]
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        found.update({f"{names[0]}{name}": int(value) for name, value in zip(names[1:], values[1:], strict=False)})
    return sum(found.get(name, 0) for name in ("Tcp:AttemptFails", "Ip:OutNoRoutes", "Udp:OutDatagrams"))


def main() -> None:
    wish: Wish = json.loads(Path(sys.argv[1]).read_text())
    try:
        seen = Looking(wish).watch()
    except OSError as error:
        seen = Told(probes=[], ended=127, listens=False, settled=True, missed=False)
        print(error, flush=True)
    Path(wish["seen"]).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
