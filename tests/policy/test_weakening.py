from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.policy.loosening import loosening
from prunella.policy.weakening import is_guard, text_weakening, weakening


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("tls.verify", "true", "false"),
        ("AUTH_METHOD", "md5", "trust"),
        ("sslmode", "verify-full", "require"),
        ("DB_SSLMODE", "require", "disable"),
        ("DB_PASSWORD", "hunter2222", ""),
        ("skip_tls_verify", "false", "true"),
        ("disableAuth", "no", "yes"),
        ("auth.allow_anonymous", "false", "true"),
        ("insecure", "0", "1"),
        ("debug", "off", "on"),
        ("BIND", "127.0.0.1", "0.0.0.0"),
        ("server.listen", "127.0.0.1:80", ":80"),
        ("http.host", "10.0.0.1", "::"),
        ("cors.allowed_origins", "https://a.example", "*"),
        ("hba.allowed", "10.0.0.0/8", "0.0.0.0/0"),
        ("STOCK_URL", "https://stock:1", "http://stock:1"),
        ("DATABASE_URL", "postgres://db/x?sslmode=require", "postgres://db/x?sslmode=disable"),
        ("DATABASE_URL", "postgres://app:pw@db/x", "postgres://db/x"),
        ("socket_mode", "0600", "0666"),
        ("umask", "077", "022"),
        ("run.user", "www", "root"),
        ("password_min_length", "12", "4"),
        ("token_ttl", "600", "86400"),
        ("tls_min_version", "1.3", "1.0"),
        ("firewall.enabled", "true", None),
        ("requirepass", None, None),
        ("tls", None, "off"),
    ],
)
def test_this_is_weaker(key: str, before: str | None, after: str | None):
    assert weakening(key, before, after)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("tls.verify", "false", "true"),
        ("tls.verify", "ture", "true"),
        ("insecure", "true", None),
        ("skip_tls_verify", "true", "false"),
        ("auth.port", "80", "8080"),
        ("AUTH_TIMEOUT_MS", "500", "100"),
        ("sslmode", "require", "verify-full"),
        ("author", "ann", ""),
        ("LOG_LEVEL", "INFFO", "INFO"),
        ("maintenance", "true", "false"),
        ("PORT", "80a0", "8080"),
        ("HOST", "192.0.2.1", "127.0.0.1"),
        ("HOST", "0.0.0.0", "::"),
        ("journal_mode", "wla", "wal"),
        ("socket_mode", "0666", "0600"),
        ("umask", "022", "077"),
        ("tls.verify", "off", "off"),
        ("password_min_length", "4", "12"),
    ],
)
def test_this_is_not_weaker(key: str, before: str | None, after: str | None):
    assert weakening(key, before, after) == ""


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=60, deadline=None)
def test_nothing_is_weaker_than_itself(key: str, value: str):
    assert weakening(key, value, value) == ""


def test_a_graded_guard_is_weaker_downwards_only():
    for lower, higher in pairwise(("disable", "allow", "prefer", "require", "verify-ca", "verify-full")):
        assert weakening("sslmode", lower, higher) == "" or higher == "allow"
        assert weakening("sslmode", higher, lower) or higher == "allow"


def test_a_text_is_weaker_without_its_guard():
    assert text_weakening("ssl_verify on;", "")
    assert text_weakening("auth_basic closed;", "auth_basic off;")
    assert text_weakening("listen 127.0.0.1:80;", "listen 0.0.0.0:80;")
    assert text_weakening("ssl_veify on;", "ssl_verify on;") == ""
    assert text_weakening("worker_connections 512", "worker_connections 512;") == ""


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("max_attempts", "3", "0"),
        ("RATE_LIMIT", "100", "-1"),
        ("timeout_ms", "many", "0"),
        ("drop_on_start", "false", "true"),
        ("retention_days", "365", "1"),
        ("backup.enabled", "true", "false"),
        ("history", "50", "5"),
    ],
)
def test_this_lets_go(key: str, before: str | None, after: str | None):
    assert loosening(key, before, after)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("max_attempts", "-3", "3"),
        ("max_attempts", "0", "0"),
        ("timeout_ms", "9000", "3000"),
        ("retention_days", "3", "30"),
        ("keep_alive", "60", "5"),
        ("drop_on_start", "true", "false"),
    ],
)
def test_this_does_not_let_go(key: str, before: str | None, after: str | None):
    assert loosening(key, before, after) == ""


def test_a_word_inside_of_another_is_no_guard():
    assert is_guard("sslmode")
    assert is_guard("authorized_keys")
    assert not is_guard("author")
    assert not is_guard("authors.list")
