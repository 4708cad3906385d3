import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunella.domain.frozen import JsonValue
from prunella.domain.probe import JourneyProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.factory import probe_for
from prunella.probes.filling import in_url, same
from prunella.probes.journey import JourneyLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.certificates import pair, tls_server
from tests.probes.conftest import Listen, Talk, http, never


class Shop:
    """A service that keeps payments; every request is written down."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], str]] = []
        self.paid: dict[str, JsonValue] = {}
        self.fee = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _, _ = (await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        self.seen.append((method, path, headers, body))
        status, document = self.answer(method, path, body)
        writer.write(http(json.dumps(document), status))
        await writer.drain()

    def answer(self, method: str, path: str, body: str) -> tuple[int, JsonValue]:
        if method == "POST" and path == "/pay":
            number = len(self.paid) + 17
            self.paid[str(number)] = {**json.loads(body), "id": number, "items": [{"tag": "a b/c"}]}
            return 201, self.paid[str(number)]
        found = self.paid.get(path.rpartition("/")[2])
        if isinstance(found, dict) and isinstance(found["amount"], int):
            return 200, {**found, "amount": found["amount"] - self.fee}
        return 404, {"error": f"no {path}"}


def pay(port: int) -> tuple[dict[str, object], ...]:
    url = f"http://127.0.0.1:{port}"
    return (
        {
            "method": "POST", "url": f"{url}/pay", "json_body": {"amount": 100, "note": "for {random}"}, "expect": 201,
            "save": {"id": "id", "tag": "items.0.tag"},
        },
        {"url": f"{url}/pay/{{id}}", "equals": {"amount": 100, "note": "for {random}", "id": "{id}"}},
    )  # fmt: skip


async def walk(*steps: Mapping[str, object], **fields: object) -> Reading:
    return await JourneyLook(journey(*steps, **fields), lambda: "abcdefghijkl").look()


def journey(*steps: Mapping[str, object], **fields: object) -> JourneyProbe:
    return JourneyProbe.model_validate({"name": "j", "steps": steps, "timeout_s": 2.0, **fields})


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, listen: Listen, free_port: int) -> None:
        self._listen, self._free = listen, free_port

    def _probe(self, port: int) -> Probe:
        return probe_for(journey(*pay(port), timeout_s=self.timeout_s), "web", None)

    async def right(self, folder: Path) -> Probe:
        return self._probe(await self._listen(Shop().talk))

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never))


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_payment_is_made_and_found_again(listen: Listen, shop: Shop):
    port = await listen(shop.talk)
    reading = await walk(*pay(port))
    assert reading.ok, reading
    assert reading.detail.startswith(f"POST http://127.0.0.1:{port}/pay 201 in ")
    assert f"ms, GET http://127.0.0.1:{port}/pay/{{id}} 200 in " in reading.detail
    assert [(method, path) for method, path, _, _ in shop.seen] == [("POST", "/pay"), ("GET", "/pay/17")]
    assert shop.seen[0][2]["content-type"] == "application/json"
    assert json.loads(shop.seen[0][3]) == {"amount": 100, "note": "for abcdefghijkl"}
    assert shop.seen[1][3] == ""


async def test_values_that_differ_are_shown_with_the_step_and_what_went_before(listen: Listen, shop: Shop):
    shop.fee, port = 3, await listen(shop.talk)
    reading = await walk(*pay(port))
    assert reading.reach is Reach.WRONG
    assert reading.detail.startswith(f"step 2 of 2, GET http://127.0.0.1:{port}/pay/{{id}}: amount is 97, expected 100")
    assert f"; before it POST http://127.0.0.1:{port}/pay 201 in " in reading.detail
    assert '"amount": 97' in reading.body


async def test_the_first_step_that_goes_wrong_is_the_last(listen: Listen, shop: Shop):
    port = await listen(shop.talk)
    lost, found = {"url": f"http://127.0.0.1:{port}/pay/nothing-{{random}}"}, {"url": f"http://127.0.0.1:{port}/"}
    reading = await walk(lost, found)
    assert len(shop.seen) == 1
    assert "/nothing-{random}: HTTP 404, expected 200, after " in reading.detail
    assert reading.body == '{"error": "no /pay/nothing-{random}"}'


async def test_two_looks_at_one_trouble_have_one_fingerprint(listen: Listen, shop: Shop):
    step = {"url": f"http://127.0.0.1:{await listen(shop.talk)}/{{random}}"}
    probe = JourneyLook(journey(step))
    first, second = await probe.look(), await probe.look()
    assert shop.seen[0][1] != shop.seen[1][1]
    assert first.fingerprint == second.fingerprint


async def test_what_was_saved_goes_into_addresses_headers_and_bodies(listen: Listen, shop: Shop):
    port = await listen(shop.talk)
    then: dict[str, object] = {
        "method": "POST", "url": f"http://127.0.0.1:{port}/by/{{tag}}?q={{tag}}", "expect": 404,
        "headers": {"X-Tag": "{tag}/{id}", "Accept": "text/x"}, "contains": "no /by/",
        "json_body": {"number": "{id}", "text": "no. {id}", "deep": [{"tag": "{tag}"}], "left": "{else}"},
    }  # fmt: skip
    reading = await walk(pay(port)[0], then)
    assert reading.ok, reading
    _, path, headers, body = shop.seen[1]
    assert path == "/by/a%20b%2Fc?q=a%20b%2Fc"
    assert (headers["x-tag"], headers["accept"]) == ("a b/c/17", "text/x")
    assert json.loads(body) == {"number": 17, "text": "no. 17", "deep": [{"tag": "a b/c"}], "left": "{else}"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"equals": {"note": "a\nb"}}, 'note is "for {random}", expected "a\\nb"'),
        ({"equals": {"payer.name": "x"}}, 'payer.name is missing, expected "x"'),
        ({"equals": {"items.1": 1}}, "items.1 is missing, expected 1"),
        ({"equals": {"amount": "100"}}, 'amount is 100, expected "100"'),
        ({"equals": {"amount": True, "id": 0}}, "amount is 100, expected true, id is 17, expected 0"),
        ({"save": {"x": "nothing.here"}}, "there is no nothing.here to save as x"),
        ({"contains": "thanks"}, "HTTP 201 without 'thanks' in its body"),
        ({"expect": 200, "contains": "thanks"}, "HTTP 201, expected 200"),
    ],
)
async def test_each_fault_of_an_answer_is_told(listen: Listen, shop: Shop, fields: dict[str, object], words: str):
    reading = await walk({**pay(await listen(shop.talk))[0], **fields})
    assert reading.reach is Reach.WRONG
    assert f"/pay: {words}, after " in reading.detail


async def test_an_answer_that_is_no_json_is_told(listen: Listen):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http("<html>"))
        await writer.drain()

    reading = await walk({"url": f"http://127.0.0.1:{await listen(talk)}/", "equals": {"a": 1}})
    assert "the answer is no JSON" in reading.detail
    assert reading.body == "<html>"


async def test_the_timeout_is_of_the_whole_and_tells_how_far_it_came(listen: Listen, shop: Shop):
    port, slow = await listen(shop.talk), await listen(never)
    reading = await walk(pay(port)[0], {"url": f"http://127.0.0.1:{slow}/"}, timeout_s=0.4)
    assert reading.reach is Reach.SILENT
    assert reading.detail.startswith(
        f"step 2 of 2, GET http://127.0.0.1:{slow}/: no answer within 0.4 s; before it POST"
    )


async def test_a_request_is_sent_once_whatever_becomes_of_it(listen: Listen):
    asked: list[bytes] = []

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))

    reading = await walk({"method": "POST", "url": f"http://127.0.0.1:{await listen(slam)}/pay"})
    assert reading.reach is Reach.WRONG
    assert len(asked) == 1


async def test_what_cannot_be_sent_is_a_reading(listen: Listen, shop: Shop):
    port = await listen(shop.talk)
    reading = await walk({"url": f"http://127.0.0.1:{port}/", "headers": {"X": "a\r\nY: b"}})
    assert (reading.reach, len(shop.seen)) == (Reach.NOBODY, 0)
    assert "this cannot be sent as HTTP" in reading.detail


async def test_https_with_an_authority_of_our_own(tmp_path: Path, shop: Shop):
    ca = pair("Test CA", is_ca=True)
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    talk: Talk = shop.talk
    async with tls_server(pair("localhost", by=ca), tmp_path, talk) as port:
        step = {"url": f"https://localhost:{port}/pay/1", "expect": 404}
        assert (await walk(step, ca=tmp_path / "ca.pem")).ok
        assert "is not accepted" in (await walk(step)).detail
        missing = await walk(step, ca=tmp_path / "none.pem")
    assert (missing.reach, len(shop.seen)) == (Reach.NOBODY, 1)


@given(value=st.text())
def test_a_value_stays_one_part_of_the_address(value: str):
    address = urlsplit(in_url("http://h/a/{x}/b?q={x}#f", {"x": value}))
    assert [unquote(part) for part in address.path.split("/")] == ["", "a", value, "b"]
    assert (address.netloc, unquote(address.query), address.fragment) == ("h", f"q={value}", "f")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), (True, True, True), (None, None, True), ("1", 1, False),
        ([1, {"a": 2}], [1, {"a": 2.0}], True), ([1], [True], False), ({"a": 1}, {"b": 1}, False), ([1], [1, 2], False),
    ],
)  # fmt: skip
def test_values_are_compared_as_json_does(one: JsonValue, other: JsonValue, alike: bool):
    assert same(one, other) is alike
    assert same(other, one) is alike
