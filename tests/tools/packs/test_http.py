"""Only hosts that the operator named are asked, and every answer is an answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prunella.domain.service import Fleet
from prunella.domain.tool import Risk
from prunella.protocols import Toolbox
from prunella.tools.packs.http import HttpPack, probed_places
from prunella.tools.toolbox import Tools
from tests.world.yard import Yard, call, free_port, prepare


class Answers(BaseHTTPRequestHandler):
    """`/STATUS` answers so; what was asked is kept."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        status = int(self.path.strip("/") or 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://localhost:1/away")
        self.end_headers()
        length = int(self.headers.get("content-length") or 0)
        self.wfile.write(b"said " + self.rfile.read(length) + b"." * 20_000)

    do_POST = do_GET  # noqa: N815 -- the names that the server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its own name
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Answers.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def fleet_of(yard: Yard, port: int = 1) -> Fleet:
    others = '{ tcp = "db.example:5432" }, { http = "http://Shop.Example/" }'
    return yard.fleet(f'[service.app]\nprobes = [{{ http = "http://127.0.0.1:{port}/" }}, {others}]\n')


@pytest.fixture
def tools(yard: Yard, port: int) -> Toolbox:
    return Tools(HttpPack(probed_places(fleet_of(yard, port))).tools())


def test_the_hosts_are_those_of_the_probes(yard: Yard) -> None:
    assert {host for host, _ in probed_places(fleet_of(yard))} == {"127.0.0.1", "db.example", "shop.example"}


async def test_another_port_of_a_probed_host_is_somebody_else(yard: Yard, port: int) -> None:
    tools = Tools(HttpPack(frozenset({("127.0.0.1", port)})).tools())
    other = await tools.call(call("http.get", url=f"http://127.0.0.1:{port + 1}/200"))
    assert "No probe of the fleet names 127.0.0.1" in other.message
    assert (await tools.call(call("http.get", url=f"http://127.0.0.1:{port}/200"))).ok
    assert not (await tools.call(call("http.get", url="http://127.0.0.1:99999/200"))).ok


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_every_status_is_an_answer(tools: Toolbox, port: int, status: int) -> None:
    observation = await tools.call(call("http.get", url=f"http://127.0.0.1:{port}/{status}"))
    assert observation.ok
    assert str(observation.output).startswith(f"HTTP {status}\nsaid ...")
    assert len(str(observation.output)) < 9000


async def test_a_redirect_is_told_and_not_followed(tools: Toolbox, port: int) -> None:
    observation = await tools.call(call("http.get", url=f"http://127.0.0.1:{port}/302"))
    assert str(observation.output).startswith("HTTP 302")
    assert Answers.asked == ["GET /302"]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/200", "http://127.0.0.1.example:{port}/", "http://127.0.0.1@localhost:{port}/200",
        "http://127.0.0.1\\@localhost:{port}/200", "http://localhost:{port}#@127.0.0.1/",
        "http://127.0.0.2:{port}/200", "http://:{port}/200",
    ],
)  # fmt: skip
async def test_other_hosts_are_not_asked(tools: Toolbox, port: int, url: str) -> None:
    observation = await tools.call(call("http.get", url=url.format(port=port)))
    assert (observation.ok, Answers.asked) == (False, [])
    assert observation.error in {"Rejected", "BadArguments"}


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "http://127.0.0.1:bad/"])
async def test_what_is_no_web_address_is_refused(tools: Toolbox, url: str) -> None:
    assert not (await tools.call(call("http.get", url=url))).ok


async def test_nobody_there_is_worth_another_try() -> None:
    port = free_port()
    tools = Tools(HttpPack(frozenset({("127.0.0.1", port)})).tools())
    observation = await tools.call(call("http.get", url=f"http://127.0.0.1:{port}/"))
    assert (observation.error, "brought no answer" in observation.message) == ("Transient", True)


async def test_a_request_goes_anywhere_and_cannot_be_taken_back(tools: Toolbox, port: int) -> None:
    step = call("http.request", method="POST", url=f"http://localhost:{port}/200", body='{"a": 1}')
    prepared = await prepare(tools, step)
    assert (prepared.reversible, Answers.asked) == (False, [])
    assert {spec.name: spec.risk for spec in tools.specs} == {
        "http.get": Risk.READ,
        "http.request": Risk.IRREVERSIBLE,
    }
    assert 'said {"a": 1}' in str((await tools.call(step)).output)
    assert Answers.asked == ["POST /200"]
