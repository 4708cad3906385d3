import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prunella.domain.frozen import JsonValue
from prunella.redaction.redactor import REDACTED, Redactor, is_secret_key

HIDDEN = "Xy7kQ2mZ9w"


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={HIDDEN}",
        f"DB_PASSWORD={HIDDEN} and more words",
        f'export API_KEY="{HIDDEN} x"',
        f"password: {HIDDEN}",
        f"  - password: correct {HIDDEN} battery",
        f'{{"password":"{HIDDEN}"}}',
        f'{{"clientSecret": "a\\"{HIDDEN}"}}',
        f"{{'token': '{HIDDEN}'}}",
        f"auth_token := {HIDDEN}",
        f"level=info token={HIDDEN} port=80",
        f"GET /login?user=a&password={HIDDEN}&x=1 HTTP/1.1",
        f"mysql --password {HIDDEN} -h 127.0.0.1",
        f"mysql --password={HIDDEN}",
        f"postgres://app:{HIDDEN}@db:5432/shop",
        f"postgres://app:p@{HIDDEN}@db:5432/shop",
        f"redis://:{HIDDEN}@localhost:6379/0",
        f"Authorization: Bearer {HIDDEN}",
        f"authorization: Token {HIDDEN}",
        f"Cookie: session={HIDDEN}; theme=dark",
        f"curl -H 'X-Api-Key: {HIDDEN}' http://localhost/",
        f"sent Bearer {HIDDEN} to upstream",
        f"requirepass {HIDDEN}",
        f"ALTER ROLE app PASSWORD '{HIDDEN}'",
        f"<password>{HIDDEN}</password>",
        f"aws_secret_access_key = {HIDDEN}",
        "AKIAIOSFODNN7EXAMPLE",
        "key is sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF-_123",
        "paid with 4111 1111 1111 1111",
        "paid with 4111111111111111.",
    ],
)
def test_a_secret_is_replaced(text: str) -> None:
    redacted = Redactor().text(text)
    assert REDACTED in redacted
    assert HIDDEN not in redacted
    assert "4111" not in redacted
    assert "IOSFODNN7" not in redacted
    assert "abcdefghijklmnop" not in redacted
    assert "eyJzdWI" not in redacted


@pytest.mark.parametrize(
    "text",
    [
        "Connection refused. Check if PORT is set to 8080.",
        "PORT=9081",
        "DATABASE_URL=postgres://app@127.0.0.1:5433/shop",
        'FATAL: password authentication failed for user "app"',
        "password: authentication failed for user app",
        "auth: Connection refused by 127.0.0.1:9000",
        "auth: listening",
        "  auth: http://127.0.0.1:9000",
        "  auth: localhost:9000",
        "auth: 9081",
        "AUTH_URL=http://127.0.0.1:9000/token",
        "AUTH_PORT=9000 TOKEN_TTL=60 MAX_TOKENS=4096 REQUIRE_AUTH=true",
        "proxy_pass http://127.0.0.1:9081;",
        "proxy_pass: http://127.0.0.1:9081",
        "PASSWORD_FILE=/run/secrets/db",
        "ssl_private_key: /etc/ssl/private/server.key",
        "password=${DB_PASSWORD}",
        "DB_PASSWORD: env:DB_PASSWORD",
        "unexpected token: expected '}'",
        "SyntaxError: Unexpected token: }",
        "if token == expected: return auth::login",
        "Basic authentication failed",
        "http://host:8080/path?mail=a@b",
        "sha256 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "started at 1700000000000 with id 4111111111111112",
        "author: Jane, bypass=1, secretary: Bob, primary_key: id",
        "/srv/app/config/.env:3: PORT must be a number",
        "password=",
        "password: null",
    ],
)
def test_what_a_repair_needs_stays(text: str) -> None:
    assert Redactor().text(text) == text


def test_only_the_secret_goes() -> None:
    redact = Redactor().text
    assert redact("url=postgres://app:pw@db:5432/shop?x=1") == f"url=postgres://app:{REDACTED}@db:5432/shop?x=1"
    assert redact("a=1\nTOKEN=abc\nPORT=8080\n") == f"a=1\nTOKEN={REDACTED}\nPORT=8080\n"
    assert redact("PASSWORD=a b\r\nPORT=1\r\n") == f"PASSWORD={REDACTED}\r\nPORT=1\r\n"
    assert redact("token=abc addr=127.0.0.1:9081") == f"token={REDACTED} addr=127.0.0.1:9081"
    assert redact("connect(password=pw, port=5432)") == f"connect(password={REDACTED}, port=5432)"
    assert redact("Authorization: Bearer abc\nHost: x:80") == f"Authorization: {REDACTED}\nHost: x:80"


@pytest.mark.parametrize("end", ["-----END RSA PRIVATE KEY-----", ""])
def test_a_private_key_goes_whole_or_cut_off(end: str) -> None:
    body = "MIIEpAIBAAKCAQEA7\n" * 5
    text = f"before\n-----BEGIN RSA PRIVATE KEY-----\n{body}{end}\nafter: 8080"
    redacted = Redactor().text(text)
    assert "MIIE" not in redacted
    assert redacted.startswith(f"before\n{REDACTED}")
    assert redacted.endswith("after: 8080")


def test_known_values_go_wherever_they_stand_and_however_they_are_escaped() -> None:
    redactor = Redactor(['p@ss/w"rd', "abc"])
    redactor.learn("root")
    text = redactor.text('x p@ss/w"rd y, p%40ss%2Fw%22rd, {"x": "p@ss/w\\"rd"}, abc, root, rootfs')
    assert text == f'x {REDACTED} y, {REDACTED}, {{"x": "{REDACTED}"}}, abc, {REDACTED}, rootfs'


def test_of_two_known_values_the_longer_goes_first() -> None:
    assert Redactor(["longsecret", "longsecret-and-more"]).text("longsecret-and-more") == REDACTED


def test_values_are_redacted_by_their_keys() -> None:
    value: JsonValue = {
        "port": 8080,
        "password": 1234,
        "use_auth": True,
        "auth": 9000,
        "nested": [{"apiKey": "k", "url": "http://u:pw@h:80/"}],
        "secrets": {"DB": "file:/run/db", "X": ["a"]},
        "none": None,
    }
    assert Redactor().value(value) == {
        "port": 8080,
        "password": REDACTED,
        "use_auth": True,
        "auth": 9000,
        "nested": [{"apiKey": REDACTED, "url": f"http://u:{REDACTED}@h:80/"}],
        "secrets": {"DB": "file:/run/db", "X": [REDACTED]},
        "none": None,
    }


def test_a_name_beside_its_value_counts() -> None:
    redact = Redactor().value
    secret: JsonValue = {"file": "a/.env", "key": "db.password", "value": "pw", "before": "old", "after": None}
    assert redact(secret) == {
        "file": "a/.env",
        "key": "db.password",
        "value": REDACTED,
        "before": REDACTED,
        "after": None,
    }
    plain: JsonValue = {"key": "PORT", "value": "8080"}
    assert redact(plain) == plain


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "DB_PASSWD",
        "dbpassword",
        "apiKey",
        "API-KEY",
        "client.secret",
        "AUTH",
        "GITHUB_TOKEN",
        "private_key",
        "credentials",
        "passwords.0",
        "SECRET_KEY_BASE",
        "smtp_pass",
        '"a.b".password',
        "accessToken",
        "Authorization",
    ],
)
def test_secret_keys(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "port",
        "DATABASE_URL",
        "author",
        "key",
        "primary_key",
        "TOKEN_TTL",
        "max_tokens",
        "password_file",
        "proxy_pass",
        "bypass",
        "secret_name",
        "auth.port",
        "AUTH_SERVICE",
        "password_min_length",
        "",
        ".",
        "tokenizer",
        "monkey",
    ],
)
def test_other_keys(key: str) -> None:
    assert not is_secret_key(key)


PIECES = st.sampled_from(
    [
        "password",
        "token",
        "=",
        ": ",
        "'",
        '"',
        " ",
        "\n",
        "://",
        "@",
        "a",
        "8080",
        HIDDEN,
        REDACTED,
        "auth",
        "-",
        "\\",
        "Bearer ",
        "Authorization: ",
        "<",
        ">",
        "$",
        "{",
        "]",
        "-----BEGIN PRIVATE KEY-----",
        ",",
        "&",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
@example(f"token={REDACTED}")
@example("Authorization: password': ")
def test_redacting_twice_is_redacting_once(text: str) -> None:
    redactor = Redactor()
    once = redactor.text(text)
    assert redactor.text(once) == once


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_known_value_is_ever_left(text: str) -> None:
    assert HIDDEN not in Redactor([HIDDEN]).text(text)


@pytest.mark.parametrize(
    "chunk",
    [
        "2026-01-01 INFO GET /pay?token=abc from 127.0.0.1:9081 password=x in 3 ms\n",
        "a-",
        "token: ",
        "password='",
        "4 ",
        "-----BEGIN PRIVATE KEY-----\n",
        "A" * 63 + "\n",
        "x://:",
        "<a>",
        '"\\',
    ],
)
def test_the_time_grows_with_the_length_only(chunk: str) -> None:
    text = chunk * (200_000 // len(chunk))
    begun = time.process_time()
    Redactor([HIDDEN]).text(text)
    assert time.process_time() - begun < 1.0


def test_a_secret_that_is_no_unicode_is_learnt_all_the_same() -> None:
    assert Redactor(["pass\udcff"]).text("x pass\udcff y") == f"x {REDACTED} y"
