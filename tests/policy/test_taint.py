from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.ruling import Permission
from prunella.policy.taint import Filled, Origin, objection, rule_values

GOOD, EXAMPLE = Origin("known good", is_own=True), Origin("app.env.example")


def tainted(key: str, before: str | None, after: str | None, *, exists: bool = True) -> Filled:
    return Filled(f"app.env {key}", repr(after), key, before, after, exists=exists)


def is_free(filled: Filled, *, reversible: bool = True) -> bool:
    return rule_values("config.set", [filled], reversible=reversible).permission is Permission.ALLOW


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("PORT", "8O80", "8080"),
        ("PORT", "", "8080"),
        ("TIMEOUT", "many", "30s"),
        ("workers", "-1", "4"),
        ("maintenance", "ture", "true"),
        ("rounding", "hlaf_up", "half_up"),
        ("rounding", "HALF_UP", "half_up"),
        ("log.level", "loud", "warning"),
        ("fee", "15", "1.5"),
        ("tls.verify", "ture", "true"),
        ("auth.port", "80a0", "8080"),
    ],
)
def test_a_plain_value_may_be_filled_in(key: str, before: str, after: str):
    assert is_free(tainted(key, before, after))


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("STOCK_URL", "http://a:1", "http://evil:1"),
        ("STOCK_URL", "http://a:1", "http://b:1"),
        ("DB_HOST", "10.0.0.1", "2130706433"),
        ("HOST", "127.0.0.1", "0"),
        ("mode", "fast", "slow"),
        ("log.level", "info", "debug"),
        ("API_KEY", "abcdefgh1", "12345678"),
        ("command", "check", "true"),
        ("plugin", "/usr/lib/a", "1"),
        ("database", "shop", "shpo"),
        ("auth_method", "md5", "md4"),
        ("max_attempts", "3", "0"),
        ("retention_days", "365", "1"),
        ("tls.verify", "true", "false"),
        ("name", "a", ""),
        ("tls.verify", "true", "12"),
        ("tls.verify", "tru", "maybe"),
        ("title", "a\nb", "1; rm"),
    ],
)
def test_everything_else_asks(key: str, before: str, after: str):
    assert not is_free(tainted(key, before, after))


def test_a_new_setting_asks_for_an_origin():
    assert not is_free(tainted("PORT", None, "8080", exists=False))
    assert is_free(Filled("app.env PORT", "8080", "PORT", None, "8080", origin=EXAMPLE))


def test_what_cannot_be_put_back_asks_for_an_origin():
    assert not is_free(tainted("PORT", "1", "2"), reversible=False)
    assert is_free(Filled("app.env PORT", "2", "PORT", "1", "2", exists=True, origin=EXAMPLE), reversible=False)


def test_only_a_better_time_outweighs_a_guard():
    def off(origin: Origin | None) -> Filled:
        return Filled("app.env TLS", "off", "TLS", "on", "off", exists=True, origin=origin)

    assert [is_free(off(origin)) for origin in (None, EXAMPLE, GOOD)] == [False, False, True]


def test_a_setting_may_go_but_for_a_guard():
    assert is_free(tainted("POTR", "80", None))
    assert not is_free(tainted("auth", "on", None))


def test_a_text_that_is_no_setting_asks_for_an_origin():
    assert not is_free(Filled("http.request body", "'x'", after="x"))
    assert is_free(Filled("http.request body", "'x'", after="x", origin=Origin("the goal")))


def test_every_reason_is_told_with_the_value_as_it_may_be_read():
    secret = Filled("app.env API_KEY", "[redacted]", "API_KEY", "a", "s3cret", exists=True)
    ruling = rule_values("config.set", [secret, tainted("name", "a", "b")], complaints=["one more"], reversible=True)
    assert ruling.permission is Permission.ASK
    assert "API_KEY → [redacted] stands in no goal" in ruling.reason
    assert "name → 'b'" in ruling.reason
    assert "one more" in ruling.reason
    assert "s3cret" not in ruling.reason


def test_leave_names_the_origins():
    known = Filled("app.env PORT", "8080", "PORT", "1", "8080", exists=True, origin=EXAMPLE)
    assert (
        rule_values("config.set", [known], reversible=True).reason
        == "What config.set fills in is from app.env.example."
    )


KEYS = st.sampled_from(["PORT", "name", "tls.verify", "API_KEY", "DB_HOST", "max_tries", "level", "x"])
VALUES = st.sampled_from(["1", "0", "true", "off", "abc", "http://evil", "", "info", "127.0.0.1", None])
FILLED = st.builds(
    Filled, st.just("p"), st.just("s"), KEYS, VALUES, VALUES, st.booleans(), st.sampled_from([None, EXAMPLE, GOOD])
)


@given(FILLED)
@settings(max_examples=150, deadline=None)
def test_less_vouched_for_never_means_more_allowed(filled: Filled):
    ranks = [replace(filled, origin=origin) for origin in (None, EXAMPLE, GOOD)]
    free = [objection(each, reversible=True) == "" for each in ranks]
    assert free == sorted(free)


@given(FILLED, st.lists(FILLED, max_size=3), st.booleans())
@settings(max_examples=80, deadline=None)
def test_more_values_never_mean_more_allowed(filled: Filled, others: list[Filled], reversible: bool):
    alone = rule_values("t", [filled], reversible=reversible).permission
    together = rule_values("t", [*others, filled], reversible=reversible).permission
    assert together is Permission.ASK or alone is Permission.ALLOW


def test_taking_a_setting_away_is_weighed_like_any_change():
    assert is_free(tainted("colour", "red", None))
    assert not is_free(tainted("appendonly", "yes", None))
    assert not is_free(tainted("colour", "red", None), reversible=False)
