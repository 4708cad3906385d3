import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from prunella.domain.probe import HttpProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.factory import probe_for
from prunella.probes.http import HttpLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.conftest import Listen, answering, http, never


async def look(port: int, path: str = "/health", **fields: object) -> Reading:
    given = {"name": "health", "url": f"http://127.0.0.1:{port}{path}", "timeout_s": 0.4, **fields}
    return await HttpLook(HttpProbe.model_validate(given)).look()


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, listen: Listen, free_port: int) -> None:
        self._listen, self._free = listen, free_port

    def _probe(self, port: int) -> Probe:
        spec = HttpProbe(name="health", url=f"http://127.0.0.1:{port}/", timeout_s=self.timeout_s)
        return probe_for(spec, "web", None)

    async def right(self, folder: Path) -> Probe:
        return self._probe(await self._listen(answering(http())))

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never))


async def test_the_expected_status_is_right(listen: Listen):
    reading = await look(await listen(answering(http())))
    assert (reading.reach, reading.detail, reading.body) == (Reach.RIGHT, "HTTP 200", "")


async def test_another_status_is_wrong_and_quotes_the_body(listen: Listen):
    port = await listen(answering(http("no database" + "!" * 9000, status=500)))
    reading = await look(port)
    assert (reading.reach, reading.detail) == (Reach.WRONG, "HTTP 500, expected 200")
    assert reading.body.startswith("no database!")
    assert len(reading.body) == 500


async def test_an_unusual_status_can_be_expected(listen: Listen):
    port = await listen(answering(http(status=404)))
    assert (await look(port, expect=404)).ok
    assert not (await look(port, expect=200)).ok


async def test_a_missing_word_is_wrong(listen: Listen):
    port = await listen(answering(http('{"ready": false}')))
    assert (await look(port, contains='"ready": false')).ok
    reading = await look(port, contains='"ready": true')
    assert reading.reach is Reach.WRONG
    assert reading.detail == "HTTP 200 without '\"ready\": true' in its body"
    assert reading.body == '{"ready": false}'


async def test_a_redirect_is_not_followed(listen: Listen):
    there = await listen(answering(http()))
    here = await listen(answering(http(status=302, head=f"Location: http://127.0.0.1:{there}/\r\n")))
    assert (await look(here)).detail == "HTTP 302, expected 200"


async def test_refused_is_nobody(free_port: int):
    reading = await look(free_port)
    assert (reading.reach, reading.detail) == (Reach.NOBODY, f"connection refused at 127.0.0.1:{free_port}")


async def test_refused_by_name_is_refused_too(free_port: int):
    reading = await look(0, url=f"http://localhost:{free_port}/")
    assert (reading.reach, reading.detail) == (Reach.NOBODY, f"connection refused at localhost:{free_port}")


async def test_an_unknown_host_is_nobody():
    reading = await look(0, url="http://no-such-host.invalid/", timeout_s=5.0)
    assert (reading.reach, reading.detail) == (Reach.NOBODY, "no such host: no-such-host.invalid")


async def test_no_answer_is_silent(listen: Listen):
    reading = await look(await listen(never))
    assert (reading.reach, reading.detail) == (Reach.SILENT, "no answer within 0.4 s")


async def test_a_slow_drip_does_not_stretch_the_timeout(listen: Listen):
    drip = [bytes([byte]) for byte in http("x" * 500)]
    port = await listen(answering(*drip, pause_s=0.02))
    begun = asyncio.get_running_loop().time()
    reading = await look(port)
    assert asyncio.get_running_loop().time() - begun < 1.0
    assert reading.reach is Reach.SILENT


async def test_an_endless_body_is_cut(listen: Listen):
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 100_000
    port = await listen(answering(endless, *[b"y"] * 100_000, pause_s=0.001))
    assert (await look(port, timeout_s=2.0)).ok


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "gave no proper answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "gave no proper answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "gave no proper answer"),
    ],
)
async def test_what_is_no_http_is_wrong(listen: Listen, answer: bytes, words: str):
    reading = await look(await listen(answering(answer)))
    assert reading.reach is Reach.WRONG
    assert words in reading.detail


async def test_a_hang_up_at_once_is_wrong(listen: Listen):
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert (await look(await listen(slam))).reach is Reach.WRONG


@pytest.mark.parametrize("url", ["ftp://host/", "http://", "http://host:port/", "health"])
async def test_what_is_no_address_is_a_reading(url: str):
    reading = await look(0, url=url)
    assert (reading.reach, reading.detail[:19]) == (Reach.NOBODY, "not an http address")


async def test_the_request_is_what_a_server_expects(listen: Listen):
    seen: list[bytes] = []

    async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(http())
        await writer.drain()

    port = await listen(record)
    assert (await look(0, url=f"http://me:p%40ss@127.0.0.1:{port}/a b?q=ü&x=%20")).ok
    request = seen[0].decode().lower()
    assert request.startswith("get /a%20b?q=%c3%bc&x=%20 http/1.1\r\n")
    assert f"host: 127.0.0.1:{port}\r\n" in request
    assert "authorization: basic bwu6cebzcw==\r\n" in request


async def test_an_unknown_certificate_is_wrong(tmp_path: Path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    made = await asyncio.create_subprocess_exec(
        *words, "-keyout", key, "-out", certificate, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    assert await made.wait() == 0
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        reading = await look(0, url=f"https://127.0.0.1:{port}/", timeout_s=5.0)
    assert reading.reach is Reach.WRONG
    assert "is not accepted" in reading.detail


async def test_plain_text_where_tls_is_expected_is_wrong(listen: Listen):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)

    reading = await look(0, url=f"https://127.0.0.1:{await listen(plain)}/", timeout_s=5.0)
    assert reading.reach is Reach.WRONG
    assert "no TLS at" in reading.detail
