import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from prunella.domain.probe import HttpProbe, TlsProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.factory import probe_for
from prunella.probes.http import HttpLook
from prunella.probes.tls import TlsLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.certificates import Pair, pair, tls_server
from tests.probes.conftest import Listen, never

CA = pair("Test CA", is_ca=True, days=(-30, 300))


class Shop:
    """A server for pay.example, and whom its clients trust."""

    def __init__(self, folder: Path, servers: AsyncExitStack) -> None:
        self.folder, self._servers = folder, servers
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(CA.pem)

    async def show(self, shown: Pair, *chain: Pair) -> int:
        return await self._servers.enter_async_context(tls_server(shown, self.folder, never, *chain))

    async def look(self, shown: Pair, *chain: Pair, **fields: object) -> Reading:
        return await self.look_at(await self.show(shown, *chain), **fields)

    async def look_at(self, port: int, **fields: object) -> Reading:
        given = {"name": "pay.example", "host": "127.0.0.1", "port": port, "ca": self.ca, "timeout_s": 5.0, **fields}
        return await TlsLook(TlsProbe.model_validate(given)).look()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as servers:
        yield Shop(tmp_path, servers)


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, shop: Shop, listen: Listen, free_port: int) -> None:
        self._shop, self._listen, self._free = shop, listen, free_port

    def _probe(self, port: int, timeout_s: float = 5.0) -> Probe:
        spec = TlsProbe(name="pay.example", host="127.0.0.1", port=port, ca=self._shop.ca, timeout_s=timeout_s)
        return probe_for(spec, "edge", None)

    async def right(self, folder: Path) -> Probe:
        return self._probe(await self._shop.show(pair("pay.example", by=CA)))

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never), self.timeout_s)


async def test_a_good_certificate_tells_how_long_it_is_good(shop: Shop):
    reading = await shop.look(pair("pay.example", by=CA, days=(-1, 30.2)))
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30.2 * 86_400))
    assert reading.reach is Reach.RIGHT
    assert reading.detail.startswith(f"the certificate for pay.example is good until {day}")
    assert reading.detail.endswith("UTC, 30 days")


async def test_too_few_days_left_is_wrong(shop: Shop):
    port = await shop.show(pair("pay.example", by=CA, days=(-1, 6.9)))
    assert (await shop.look_at(port, days=6)).ok
    reading = await shop.look_at(port, days=7)
    assert reading.reach is Reach.WRONG
    assert "7 days, and 7 are wanted" in reading.detail


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (pair("pay.example", by=CA, days=(-9, -2)), "expired on "),
        (pair("pay.example", by=CA, days=(2, 9)), "is not valid before "),
        (pair("other.example", by=CA), "is not for pay.example: subject CN=other.example; names other.example, "),
        (pair("pay.example"), "is self-signed and not in "),
        (pair("pay.example", by=pair("Test CA 2", is_ca=True)), "comes from an issuer that "),
        (pair("pay.example", by=pair("Test CA", is_ca=True)), "comes from an issuer that "),
    ],
    ids=["expired", "not yet", "name", "self-signed", "issuer", "another of that name"],
)
async def test_each_refusal_says_why_and_shows_the_certificate(shop: Shop, shown: Pair, words: str):
    reading = await shop.look(shown)
    issuer = shown.certificate.issuer.rfc4514_string()
    dates = [f"{at:%Y-%m-%d}" for at in (shown.certificate.not_valid_before_utc, shown.certificate.not_valid_after_utc)]
    assert reading.reach is Reach.WRONG
    assert f"the certificate {words}" in reading.detail
    assert f"issuer {issuer}; valid from {dates[0]}" in reading.detail
    assert f"to {dates[1]}" in reading.detail
    assert "\n" not in reading.detail


async def test_an_authority_that_expired_is_told_from_its_certificate(shop: Shop):
    middle = pair("Old CA", by=CA, is_ca=True, days=(-9, -2))
    reading = await shop.look(pair("pay.example", by=middle), middle)
    assert "is signed by one that has expired" in reading.detail


async def test_the_system_does_not_know_an_authority_of_our_own(shop: Shop):
    reading = await shop.look(pair("pay.example", by=CA), ca=None)
    assert "comes from an issuer that the system's store does not know" in reading.detail


async def test_the_name_that_is_asked_for_may_differ_from_the_probes(shop: Shop):
    port = await shop.show(pair("pay.example", by=CA))
    assert (await shop.look_at(port, name="edge", server_name="pay.example")).ok
    assert not (await shop.look_at(port, name="pay.example", server_name="edge")).ok
    assert (await shop.look_at(port, name="127.0.0.1")).ok


async def test_a_renewed_authority_counts_at_once(shop: Shop):
    port = await shop.show(pair("pay.example", by=CA))
    shop.ca.write_bytes(pair("Test CA 2", is_ca=True).pem)
    assert not (await shop.look_at(port)).ok
    shop.ca.write_bytes(CA.pem + b"\n")
    assert (await shop.look_at(port)).ok


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), (b"none", "it holds no certificate")])
async def test_without_anybody_to_trust_nothing_can_be_told(shop: Shop, text: bytes | None, words: str):
    shop.ca.unlink() if text is None else shop.ca.write_bytes(text)
    reading = await shop.look_at(await shop.show(pair("pay.example", by=CA)))
    assert reading.reach is Reach.NOBODY
    assert str(shop.ca) in reading.detail
    assert words in reading.detail


async def test_what_speaks_no_tls_is_told(shop: Shop, listen: Listen):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)

    reading = await shop.look_at(await listen(plain))
    assert (reading.reach, reading.detail[:10]) == (Reach.WRONG, "no TLS at ")


async def test_a_handshake_that_the_server_refuses_is_told_apart(shop: Shop, listen: Listen):
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")  # a fatal alert: handshake_failure
        await writer.drain()
        await asyncio.sleep(0.2)

    reading = await shop.look_at(await listen(refuse))
    assert reading.reach is Reach.WRONG
    assert re.fullmatch(r"the TLS handshake with 127.0.0.1:\d+ failed: \w*HANDSHAKE_FAILURE", reading.detail)


async def test_https_probes_trust_the_system_only(shop: Shop):
    port = await shop.show(pair("localhost", by=CA))
    reading = await HttpLook(HttpProbe(name="h", url=f"https://localhost:{port}/", timeout_s=5.0)).look()
    assert reading.detail.startswith(f"the certificate of localhost:{port} is not accepted: ")
