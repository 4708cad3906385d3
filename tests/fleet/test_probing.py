from pathlib import Path

import pytest

from prunella.domain.probe import DiskProbe, JourneyProbe, JourneyStep, ProbeSpec, RedisProbe, SqlProbe, TlsProbe
from prunella.errors import BadFleet, Mistake
from prunella.fleet.file import load_fleet

SERVICE = '[service.a]\nsecrets = { DB_PASSWORD = "env:X" }\nprobes = [\n  %s,\n]\n'
STEP = "{ journey = [\n  { post = 'http://h/pay', save = { order = 'id' } },\n  %s,\n] }"
HIDDEN = "DB_PASSWORD"


def probe(folder: Path, text: str) -> ProbeSpec:
    (folder / "prunella.toml").write_text(SERVICE % text)
    (found,) = load_fleet(folder / "prunella.toml").services["a"].probes
    return found


def mistakes(folder: Path, text: str) -> tuple[Mistake, ...]:
    with pytest.raises(BadFleet) as caught:
        probe(folder, text)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{ sql = "postgresql://me@127.0.0.1:5432/shop", query = "select 2", expect = 2, password = "DB_PASSWORD" }',
            SqlProbe(
                name="sql :5432/shop",
                url="postgresql://me@127.0.0.1:5432/shop",
                query="select 2",
                expect="2",
                password=HIDDEN,
            ),
        ),
        (
            '{ sql = "postgresql://db.example/shop", expect = 1.5, name = "n" }',
            SqlProbe(name="n", url="postgresql://db.example/shop", expect="1.5"),
        ),
        (
            '{ sql = "postgresql://one:1,two:2/shop?target_session_attrs=any", expect = "" }',
            SqlProbe(
                name="sql one:1,two:2/shop", url="postgresql://one:1,two:2/shop?target_session_attrs=any", expect=""
            ),
        ),
        ('{ sql = "postgresql:///shop?host=/tmp" }', SqlProbe(name="sql /shop", url="postgresql:///shop?host=/tmp")),
        (
            '{ redis = "redis://127.0.0.1:6379/0", write = true, password = "DB_PASSWORD", every = "5s" }',
            RedisProbe(name="redis :6379/0", url="redis://127.0.0.1:6379/0", write=True, password=HIDDEN, every_s=5),
        ),
        ('{ redis = "redis://me@example.com" }', RedisProbe(name="redis example.com", url="redis://me@example.com")),
        (
            '{ tls = "example.com:443" }',
            TlsProbe(name="tls example.com:443", host="example.com", port=443, server_name="example.com"),
        ),
    ],
)
def test_what_can_be_declared(tmp_path: Path, text: str, expected: ProbeSpec):
    assert probe(tmp_path, text) == expected


def test_paths_start_at_the_fleet_file(tmp_path: Path):
    disk = DiskProbe(name="disk data", path=tmp_path / "data", free=5, inodes=2.5)
    assert probe(tmp_path, '{ disk = "data", free = "5%", inodes = 2.5 }') == disk
    sql = probe(tmp_path, '{ sql = "sqlite:///shop.db" }')
    assert sql == SqlProbe(name="sql shop.db", url=f"sqlite:///{tmp_path}/shop.db")
    assert probe(tmp_path, f'{{ sql = "sqlite:///{tmp_path}/shop.db" }}') == sql
    redis = probe(tmp_path, '{ redis = "rediss://h:1/2?ssl_ca_certs=ca.pem" }')
    assert redis == RedisProbe(name="redis h:1/2", url=f"rediss://h:1/2?ssl_ca_certs={tmp_path}/ca.pem")
    assert probe(
        tmp_path, '{ tls = "127.0.0.1:8443", name = "pay.example", ca = "certs/ca.pem", days = 7 }'
    ) == TlsProbe(
        name="tls pay.example:8443",
        host="127.0.0.1",
        port=8443,
        server_name="pay.example",
        ca=tmp_path / "certs/ca.pem",
        days=7,
    )


def test_two_certificates_of_one_server_are_two_probes(tmp_path: Path):
    text = '{ tls = "127.0.0.1:1", name = "a.example" },\n { tls = "127.0.0.1:1", name = "b.example" }'
    (tmp_path / "prunella.toml").write_text(SERVICE % text)
    found = load_fleet(tmp_path / "prunella.toml").services["a"].probes
    assert [each.name for each in found] == ["tls a.example:1", "tls b.example:1"]


def test_a_journey_with_all_that_a_step_can_have(tmp_path: Path):
    text = """
        [[service.a.probes]]
        timeout = "3s"
        ca = "ca.pem"
        [[service.a.probes.journey]]
        post = "http://127.0.0.1:8080/pay"
        json = { amount = 100, tags = ["{random}"] }
        headers = { X-A = "b" }
        expect = 201
        contains = "ok"
        equals = { payer.name = "x", "items.0" = 1 }
        save = { id = "payment.id" }
        [[service.a.probes.journey]]
        delete = "http://127.0.0.1:8080/pay/{id}"
        json = "{id}"
        headers.X-Id = "{id}"
        equals.n = "{id}"
    """
    (tmp_path / "prunella.toml").write_text(text)
    (found,) = load_fleet(tmp_path / "prunella.toml").services["a"].probes
    assert found == JourneyProbe(
        name="journey :8080/pay",
        timeout_s=3,
        ca=tmp_path / "ca.pem",
        steps=(
            JourneyStep(
                method="POST",
                url="http://127.0.0.1:8080/pay",
                json_body={"amount": 100, "tags": ["{random}"]},
                headers={"X-A": "b"},
                expect=201,
                contains="ok",
                equals={"payer.name": "x", "items.0": 1},
                save={"id": "payment.id"},
            ),
            JourneyStep(
                method="DELETE",
                url="http://127.0.0.1:8080/pay/{id}",
                json_body="{id}",
                headers={"X-Id": "{id}"},
                equals={"n": "{id}"},
            ),
        ),
    )


def test_a_mistake_in_a_step_has_the_line_of_the_step(tmp_path: Path):
    text = "[[service.a.probes]]\n[[service.a.probes.journey]]\nget = 'http://h/'\n"
    text += "[[service.a.probes.journey]]\nget = 'http://h/'\nheaders.A = '{gone}'\n"
    (tmp_path / "prunella.toml").write_text(text)
    with pytest.raises(BadFleet) as caught:
        load_fleet(tmp_path / "prunella.toml")
    assert [mistake.line for mistake in caught.value.mistakes] == [6]


@pytest.mark.parametrize(
    ("text", "line", "message", "suggestion"),
    [
        ("{ sql = 'postgresql://me:hunter2@h/x' }", 4, "holds a password", 'password = "NAME"'),
        ("{ sql = 'postgresql://h/x?user=a&password=hunter2' }", 4, "holds a password", 'password = "NAME"'),
        ("{ sql = 'postgresql://one,me:hunter2@two/x' }", 4, "holds a password", 'password = "NAME"'),
        ("{ sql = 'postgresq://h/x' }", 4, "postgresql:// or sqlite:///", "Did you mean postgresql?"),
        ("{ sql = 'oracle://h/x' }", 4, "postgresql:// or sqlite:///", "postgresql://user@"),
        ("{ sql = 'shop' }", 4, "postgresql:// or sqlite:///", "postgresql://user@"),
        ("{ sql = 'postgresql://h:port/x' }", 4, "cannot be read", "postgresql://user@"),
        ("{ sql = 5432 }", 4, "a text in quotes", ""),
        ("{ sql = 'sqlite:///' }", 4, "`sql` must be a file", ""),
        ("{ sql = 'sqlite:///nowhere/x.db' }", 4, "no folder", ""),
        ("{ sql = 'sqlite:///x.db', password = 'DB_PASSWORD' }", 4, "has no password", "Leave it out."),
        ("{ sql = 'postgresql://h/x', expect = true }", 4, "a text, as the database writes", '"t"'),
        ("{ sql = 'postgresql://h/x', qery = 'x' }", 4, 'no "qery"', "Did you mean query"),
        ("{ sql = 'postgresql://h/x', password = 'DB_PASWORD' }", 4, "name of one of", "Did you mean DB_PASSWORD?"),
        ("{ sql = 'postgresql://h/x', password = 'hunter2' }", 4, "name of one of", "Known: DB_PASSWORD."),
        ("{ redis = 'redis://:hunter2@h:1/0' }", 4, "holds a password", 'password = "NAME"'),
        ("{ redis = 'rediss://h:1/0?password=hunter2' }", 4, "holds a password", 'password = "NAME"'),
        ("{ redis = 'http://h:1/0' }", 4, "redis:// or rediss://", "redis://127.0.0.1"),
        ("{ redis = 'redis:///0' }", 4, "with a host", "redis://127.0.0.1"),
        ("{ redis = 'redis://h:1/zero' }", 4, "has a number, not 'zero'", ""),
        ("{ redis = 'redis://h:1/0?ssl_cert_reqs=none' }", 4, "option ssl_cert_reqs", "ssl_ca_certs"),
        ("{ redis = 'redis://h:1/0', write = 'yes' }", 4, "true or false", ""),
        ("{ disk = 'x', free = 101 }", 4, "from 0 to 100 percent, not 101", "free = 5"),
        ("{ disk = 'x', free = true }", 4, "from 0 to 100 percent", ""),
        ("{ disk = 'x', inodes = 'few' }", 4, "from 0 to 100 percent", 'inodes = "2%"'),
        ("{ disk = '' }", 4, "a file or a folder", ""),
        ("{ tls = 'h' }", 4, "host:port", "127.0.0.1:443"),
        ("{ tls = 8443 }", 4, "host:port", "127.0.0.1:8443"),
        ("{ tls = 'h:1', days = -1 }", 4, "from 0 up", ""),
        ("{ tls = 'h:1', cal = 'x' }", 4, 'no "cal"', "Did you mean ca?"),
        ("{ tls = 'h:1', ca = '.' }", 4, "is a folder", ""),
        ("{ jorney = [] }", 4, '"jorney" is none', "Did you mean journey?"),
        ("{ query = 'x' }", 4, "no known kind", "sql, redis, disk, tls, journey"),
        ("{ journey = [] }", 4, "`journey` is empty", "journey = [{ get"),
        ("{ journey = 'http://h/' }", 4, "an array of tables", "journey = [{ get"),
        (STEP % "{ gett = 'http://h/' }", 6, '"gett" is none', "Did you mean get?"),
        (STEP % "{ expect = 200 }", 6, "no known method.", "get, post"),
        (STEP % "{ get = 'http://h/', put = 'http://h/' }", 6, "both get and put", "one table for each"),
        (STEP % "{ get = 'http://h/', exspect = 1 }", 6, 'no "exspect"', "Did you mean expect?"),
        (STEP % "{ get = 'http://u:hunter2@h/' }", 6, "holds a password", ""),
        (STEP % "{ get = 'h:80/' }", 6, "http or https", ""),
        (STEP % "{ get = 7 }", 6, "a text in quotes", ""),
        (STEP % "{ get = 'http://h/{ordr}' }", 6, 'saves "ordr"', "Did you mean order?"),
        (STEP % "{ get = 'http://h/', headers = { A = '{x}' } }", 6, 'saves "x"', "save = { x ="),
        (STEP % "{ get = 'http://h/', json = [{ a = '{x}' }] }", 6, 'saves "x"', ""),
        (STEP % "{ get = 'http://h/', equals = { a = '{x}' } }", 6, 'saves "x"', ""),
        (STEP % "{ get = 'http://h/{id}', save = { id = 'id' } }", 6, 'saves "id"', ""),
        (STEP % "{ get = 'http://h/', headers = { A = 1 } }", 6, "a text in quotes, not 1", 'A = "1"'),
        (STEP % "{ get = 'http://h/', json = { at = 2031-01-01 } }", 6, "such as a date", "in quotes"),
        (STEP % "{ get = 'http://h/', equals = { a.at = 2031-01-01 } }", 6, "such as a date", "in quotes"),
        (STEP % "{ get = 'http://h/', json = nan }", 6, "what JSON cannot", ""),
        (STEP % "{ get = 'http://h/', save = { random = 'x' } }", 6, "differ each time", "another name"),
        (STEP % "{ get = 'http://h/', save = { 'a b' = 'x' } }", 6, '"a b" is no name', "underscores"),
        (STEP % "{ get = 'http://h/', save = { a = 1 } }", 6, "a place in the JSON answer", ""),
    ],
)
def test_each_mistake_is_told_once_with_its_line_and_what_to_do(
    tmp_path: Path, text: str, line: int, message: str, suggestion: str
):
    (mistake,) = mistakes(tmp_path, text)
    assert message in mistake.message
    assert suggestion in mistake.suggestion
    assert mistake.line == line
    assert "hunter2" not in str(mistake)
