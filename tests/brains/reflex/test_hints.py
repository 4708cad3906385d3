import pytest

from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.hints import Hint, read_hints


def hint(line: str, *before: str) -> Hint:
    found = read_hints(Clue("a", "log", line, 1.0, before))
    return found[0] if found else Hint(Clue("a", "log", line, 1.0))


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("Connection refused. Check if PORT is set to 8080.", "PORT", "8080"),
        ("please set log_level to info", "log_level", "info"),
        ("server.port must be 8080", "server.port", "8080"),
        ("Make sure that `mode` is 'strict'", "mode", "strict"),
        ("requires TZ=UTC", "TZ", "UTC"),
        ("cache.ttl is 0, should be 60", "cache.ttl", "60"),
    ],
)
def test_a_wanted_value_with_its_key(line: str, key: str, value: str):
    assert key in hint(line).keys
    assert value in hint(line).wanted


@pytest.mark.parametrize(
    ("line", "wanted", "bad"),
    [
        ("expected EUR, got USD", "EUR", "USD"),
        ("currency mismatch: expected 'EUR' but received 'USD'", "EUR", "USD"),
        ("got v1, want v2", "v2", "v1"),
        ('{"expected": "EUR", "got": "USD"}', "EUR", "USD"),
    ],
)
def test_expected_against_got(line: str, wanted: str, bad: str):
    assert hint(line).wanted == (wanted,)
    assert bad in hint(line).bad


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("ValueError: invalid literal for int() with base 10: '80a0'", "80a0"),
        ("ValueError: could not convert string to float: '0,5'", "0,5"),
        ('strconv.ParseInt: parsing "80a0": invalid syntax', "80a0"),
        ('java.lang.NumberFormatException: For input string: "80a0"', "80a0"),
        ("error: argument --port: invalid int value: '80a0'", "80a0"),
        ("Invalid value for '--port': '80a0' is not a valid integer.", "80a0"),
        ('FATAL: invalid value for parameter "shared_buffers": "128MBB"', "128MBB"),
        ("unknown log level 'verbos'", "verbos"),
        ("Invalid log level: verbos", "verbos"),
        ("cannot unmarshal !!str `80a0` into int", "80a0"),
        ("Input should be a valid integer [type=int_parsing, input_value='80a0', input_type=str]", "80a0"),
        ('time: unknown unit "sec" in duration "5sec"', "5sec"),
        ("PORT=80a0 is not a number", "80a0"),
        ('database "shpo" does not exist', "shpo"),
    ],
)
def test_a_value_complained_of(line: str, bad: str):
    assert bad in hint(line).bad


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("level must be one of [debug, info, warn]", ("debug", "info", "warn")),
        ("invalid choice: 'x' (choose from 'a', 'b')", ("a", "b")),
        ("Input should be 'a', 'b' or 'c' [type=literal_error]", ("a", "b", "c")),
        ("unknown mode; valid options are: fast, slow.", ("fast", "slow")),
        ("allowed values: a|b|c", ("a", "b", "c")),
        ("argument must be 'yes' or 'no'", ("yes", "no")),
        ("'x' is not one of 'a', 'b'.", ("a", "b")),
    ],
)
def test_choices(line: str, choices: tuple[str, ...]):
    assert hint(line).choices == choices


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("workers must be between 1 and 64", 1, 64),
        ("workers must be in range [1, 64]", 1, 64),
        ("1000 is outside the valid range for parameter x (1 .. 64)", 1, 64),
        ("should be less than or equal to 64", None, 64),
        ("must be at least 5", 5, None),
        ("must be greater than 0", 1, None),
        ("must be >= 0 and < 65536", 0, 65535),
        ("timeout must be positive", 1, None),
        ("port out of range: 99999", 1, 65535),
        ("must not exceed 100", None, 100),
    ],
)
def test_ranges_include_their_ends(line: str, low: float | None, high: float | None):
    assert (hint(line).low, hint(line).high) == (low, high)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("KeyError: 'currency'", "currency"),
        ("DATABASE_URL is not set", "DATABASE_URL"),
        ("Missing required setting: pay.currency", "pay.currency"),
        ("required key DB_URL missing value", "DB_URL"),
        ('env: required environment variable "DB_URL" is not set', "DB_URL"),
        ("The SECRET_KEY setting must not be empty.", "SECRET_KEY"),
        ("configparser.NoOptionError: No option 'token' in section: 'auth'", "auth.token"),
        ("Could not resolve placeholder 'db.url' in value", "db.url"),
        ('"redisUrl" is required', "redisUrl"),
        ("Set the DATABASE_URL environment variable", "DATABASE_URL"),
        ("config has no key 'rate'", "rate"),
    ],
)
def test_a_missing_key(line: str, key: str):
    assert key in hint(line).missing


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('unknown directive "proxy_raed" in n.conf:12', "proxy_raed"),
        ("Unknown configuration option: prot", "prot"),
        ("unknown keyword 'blance' in 'backend' section", "blance"),
        ('"log.lvel" is not allowed', "log.lvel"),
        ("field prot not found in type main.Config", "prot"),
        ('unrecognized configuration parameter "max_conections"', "max_conections"),
    ],
)
def test_an_unknown_key(line: str, key: str):
    assert key in hint(line).unknown


def test_what_stands_above_counts():
    assert hint("Field required [type=missing]", "PORT").missing == ("PORT",)
    assert hint("Input should be a valid integer", "server.port").keys == ("server.port",)
    assert hint("ValueError: invalid literal for int()", '    port = int(env["PORT"])').keys == ("PORT",)
    echoed = hint("argument must be 'yes' or 'no'", ">>> 'appendonly yse'")
    assert (echoed.keys, echoed.bad) == (("appendonly",), ("yse",))


@pytest.mark.parametrize(
    ("line", "topic", "peer"),
    [
        ("Error: connect ECONNREFUSED 127.0.0.1:6380", "refused", ("127.0.0.1", 6380)),
        ("dial tcp 127.0.0.1:5433: connect: connection refused", "refused", ("127.0.0.1", 5433)),
        ("listen tcp :8080: bind: address already in use", "in use", ("", 8080)),
        ("[Errno 98] Address already in use: ('127.0.0.1', 8080)", "in use", ("127.0.0.1", 8080)),
        ("Port 8080 was already in use.", "in use", ("", 8080)),
        ("HTTPConnectionPool(host='127.0.0.1', port=9101): Max retries exceeded", "refused", ("127.0.0.1", 9101)),
    ],
)
def test_peers(line: str, topic: str, peer: tuple[str, int]):
    assert topic in hint(line).topics
    assert peer in hint(line).peers


def test_locations_are_of_configurations_not_of_code():
    assert hint('unknown directive "x" in /etc/nginx/n.conf:12').locations[0] == ("/etc/nginx/n.conf", 12)
    assert hint("yaml: line 4: did not find expected key").locations == (("", 4),)
    assert hint('File "app.py:12" error').locations == ()


def test_plain_talk_tells_nothing():
    for line in ("listening on http://127.0.0.1:8080", "GET /health 200 in 3 ms", "4 workers ready", ""):
        assert read_hints(Clue("a", "log", line, 1.0)) == ()


def test_a_quoted_common_word_is_a_key_and_a_file_is_none():
    assert hint("gateway.toml: missing field `host` in [server]").missing == ("host",)
    assert hint("app.yaml: required key 'server' is missing").missing == ("server",)
