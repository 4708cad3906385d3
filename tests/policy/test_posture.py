"""Which guards are known by their words, and what counts as weaker."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.posture import Aspect, Downgrade, Posture, Stance
from prunella.domain.setting import SettingChange
from prunella.policy.guards import guards_of, stances, weakened
from prunella.policy.lines import told_in_lines
from prunella.policy.posture import SOMEWHERE, downgrades
from prunella.policy.told import Told

WEAKER = [
    ("auth.enabled", "true", "false"),
    ("AUTH_ENABLED", "1", "0"),
    ("require_auth", "yes", None),
    ("AUTH_DISABLED", "false", "true"),
    ("disable_authentication", None, "true"),
    ("skip_ssl_verify", "no", "yes"),
    ("insecure_skip_verify", None, "true"),
    ("tls.insecure", "false", "true"),
    ("auth.anonymous.enabled", "false", "true"),
    ("allow_empty_password", None, "yes"),
    ("disable_anonymous", "true", "false"),
    ("no_verify", "0", "1"),
    ("verify_ssl", "true", "false"),
    ("checkHostname", "true", "false"),
    ("NODE_TLS_REJECT_UNAUTHORIZED", "1", "0"),
    ("trustServerCertificate", "false", "true"),
    ("sslmode", "verify-full", "require"),
    ("sslmode", "require", "prefer"),
    ("sslmode", "allow", "disable"),
    ("db.ssl.mode", "verify-ca", "require"),
    ("security.protected_mode", "yes", "no"),
    ("auth_method", "scram-sha-256", "md5"),
    ("auth_method", "md5", "trust"),
    ("jwt.signing.type", "hs256", "none"),
    ("ssl_min_version", "TLSv1.2", "TLSv1.1"),
    ("ssl_protocols", "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2"),
    ("SSLProtocol", "all -SSLv3 -TLSv1 -TLSv1.1", "all -SSLv3"),
    ("ssl_ciphers", "HIGH:!aNULL:!MD5", "HIGH:RC4"),
    ("LEDGER_URL", "https://ledger:8443/v1", "http://ledger:8443/v1"),
    ("cache.url", "rediss://c:6379/0", "redis://c:6379/0"),
    ("endpoint", "https://a:1", "a:1"),
    ("DATABASE_URL", "postgres://u:p4ssw0rd9@h/d?sslmode=require", "postgres://u:p4ssw0rd9@h/d?sslmode=disable"),
    ("DATABASE_URL", "postgres://u:p4ssw0rd9@h/d", "postgres://u:@h/d"),
    ("dsn", "host=db sslmode=verify-full user=a", "host=db sslmode=disable user=a"),
    ("ARGS", "--port 80", "--port 80 --no-auth"),
    ("JAVA_OPTS", "-Dhttps.verify=true", "-Dhttps.verify=false"),
    ("bind", "127.0.0.1", "0.0.0.0"),
    ("bind", "127.0.0.1", "10.0.0.7"),
    ("bind", "10.0.0.7:80", "*:80"),
    ("bind", "unix:/run/a.sock", ":8080"),
    ("listen", "127.0.0.1:8080", "8080"),
    ("HOST", "localhost", "::"),
    ("server.host", "127.0.0.1", "192.168.1.4"),
    ("listen_addresses", "localhost", "*"),
    ("bind", "127.0.0.1 -::1", "* -::*"),
    ("bind_address", None, "0.0.0.0"),
    ("cors.allowed_origins", "https://shop.example", "*"),
    ("ALLOWED_HOSTS", "shop.example", "shop.example,*"),
    ("trusted_proxies", "10.0.0.0/8", "0.0.0.0/0"),
    ("DEBUG", "false", "true"),
    ("APP_DEBUG", None, "1"),
    ("max_login_attempts", "5", "500"),
    ("max_login_attempts", "5", "0"),
    ("rate_limit", "10/s", "1000/s"),
    ("rate_limit", "600/m", "20/s"),
    ("throttle.limit", "100", "off"),
    ("session_ttl", "15m", "30d"),
    ("token_expiry", "3600", "0"),
    ("jwt.lifetime", "3600", None),
    ("password_min_length", "12", "4"),
    ("bcrypt_rounds", "12", "4"),
    ("DB_PASSWORD", "hZk82jqLm0", ""),
    ("DB_PASSWORD", "hZk82jqLm0", "changeme"),
    ("API_KEY", "hZk82jqLm0hZk82jqLm0", "x"),
    ("api_key", "hZk82jqLm0", None),
    ("user", "www-data", "root"),
    ("container.privileged", "false", "true"),
    ("account.role", "reader", "admin"),
    ("unixsocketperm", "700", "777"),
    ("umask", "077", "022"),
]
NO_WEAKER = [
    ("PORT", "8080", "8081"),
    ("bind", "127.0.0.1:80", "127.0.0.1:81"),
    ("listen", "8080", "8081"),
    ("LEDGER_URL", "http://127.0.0.1:1", "http://evil.example:2"),
    ("LEDGER_URL", None, "http://ledger:80"),
    ("LEDGER_URL", "https://ledger", None),
    ("LEDGER_URL", "ledger:80", "http://ledger:80"),
    ("db.host", "127.0.0.1", "10.0.0.7"),
    ("db.host", "db-1", "db-2"),
    ("timeout", "3", "30"),
    ("session.timeout.ms", "6000", "60000"),
    ("auth_timeout", "3", "30"),
    ("auth_cache_enabled", "true", "false"),
    ("ssl_session_tickets", "on", "off"),
    ("tls_port", "8443", "8444"),
    ("log_level", "info", "debug"),
    ("sample_rate", "0.1", "1.0"),
    ("max_retries", "3", "30"),
    ("max_connections", "10", "1000"),
    ("auth.enabled", "false", "true"),
    ("auth.enabled", None, "true"),
    ("AUTH_DISABLED", "true", "false"),
    ("AUTH_DISABLED", "true", None),
    ("AUTH_DISABLED", "false", None),
    ("DEBUG", "false", None),
    ("sslmode", None, "require"),
    ("sslmode", "true", "require"),
    ("verify_ssl", "yes", "true"),
    ("DB_PASSWORD", "hZk82jqLm0", "another-one-77"),
    ("DB_PASSWORD", "a-very-long-password-indeed", "s3cret-pw"),
    ("DB_PASSWORD", None, "another-one-77"),
    ("DB_PASSWORD", "hZk82jqLm0", "${DB_PASSWORD}"),
    ("auth_service", "10.0.0.1:70", "10.0.0.2:70"),
    ("ssl_certificate", "/etc/a.pem", "/etc/b.pem"),
    ("cors_origins", "https://a.example", "https://a.example,https://b.example"),
    ("allowed_hosts", "*", "shop.example"),
    ("session_ttl", "1h", "30m"),
    ("rate_limit", "600/m", "10/s"),
    ("bind", None, "127.0.0.1"),
    ("user", "root", "www-data"),
    ("DB_USER", "app", "payments"),
    ("workers", "1", "4"),
    ("feature.public", "false", "true"),
    ("unixsocketperm", "770", "700"),
]


def change(key: str, before: str | None, after: str | None) -> SettingChange:
    return SettingChange(path=Path("/f"), key=key, before=before, after=after)


def posture(key: str, value: str | None) -> Posture:
    told = [] if value is None else [Told(tuple(key.split(".")), value)]
    return Posture(stances=stances("file:/f", told))


def lines(text: str, subject: str = "file:/f") -> Posture:
    return Posture(stances=stances(subject, told_in_lines(text)))


@pytest.mark.parametrize(("key", "before", "after"), WEAKER)
def test_it_is_weaker_one_way_and_not_the_other(key: str, before: str | None, after: str | None) -> None:
    assert downgrades(posture(key, before), posture(key, after))
    assert not downgrades(posture(key, after), posture(key, before))
    assert weakened([change(key, before, after)]) == downgrades(posture(key, before), posture(key, after))


@pytest.mark.parametrize(("key", "before", "after"), NO_WEAKER)
def test_what_is_no_weakening_is_left_alone(key: str, before: str | None, after: str | None) -> None:
    assert downgrades(posture(key, before), posture(key, after)) == ()


HBA = """\
# TYPE  DATABASE  USER  ADDRESS        METHOD
local   all       all                  peer
host    all       all   127.0.0.1/32   scram-sha-256
hostssl shop      shop  10.0.0.0/8     scram-sha-256
"""
NGINX = """\
server {
    listen 127.0.0.1:8080 ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    location /admin { auth_basic "Staff only"; deny all; }
    location / { proxy_pass https://app:8443; proxy_ssl_verify on; }
}
"""
REDIS = """\
bind 127.0.0.1 -::1
protected-mode yes
requirepass kkkhZk82jqLm0
user default on >kkkhZk82jqLm0 ~* +@all
"""
TEXTS = [
    (HBA, "127.0.0.1/32   scram-sha-256", "127.0.0.1/32   trust"),
    (HBA, "127.0.0.1/32", "0.0.0.0/0"),
    (HBA, "scram-sha-256\nhostssl", "md5\nhostssl"),
    (HBA, "hostssl", "host"),
    (HBA, "# TYPE", "host all all 0.0.0.0/0 md5\n# TYPE"),
    (HBA, "# TYPE", "local all postgres trust\n# TYPE"),
    (NGINX, "127.0.0.1:8080 ssl", "127.0.0.1:8080"),
    (NGINX, "127.0.0.1:8080", "8080"),
    (NGINX, "TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2"),
    (NGINX, 'auth_basic "Staff only"', "auth_basic off"),
    (NGINX, 'auth_basic "Staff only";', ""),
    (NGINX, "deny all;", "allow all;"),
    (NGINX, "deny all;", ""),
    (NGINX, "https://app", "http://app"),
    (NGINX, "verify on", "verify off"),
    (REDIS, "127.0.0.1 -::1", "*"),
    (REDIS, "protected-mode yes", "protected-mode no"),
    (REDIS, "requirepass kkkhZk82jqLm0\n", ""),
    (REDIS, "requirepass", "#requirepass"),
    (REDIS, ">kkkhZk82jqLm0", "nopass"),
    ("PermitRootLogin no\n", "no", "yes"),
    ("PasswordAuthentication yes\nStrictHostKeyChecking yes\n", "Checking yes", "Checking no"),
    ("<auth>\n  <enabled>true</enabled>\n</auth>\n", "true", "false"),
    ("Require all denied\n", "denied", "granted"),
]


@pytest.mark.parametrize(("text", "old", "new"), TEXTS)
def test_texts_are_read_line_by_line(text: str, old: str, new: str) -> None:
    assert old in text
    assert downgrades(lines(text), lines(text.replace(old, new, 1)))
    assert not downgrades(lines(text.replace(old, new, 1)), lines(text))


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (HBA, "10.0.0.0/8 ", "10.1.0.0/16"),
        (HBA, "hostssl shop      shop  10.0.0.0/8     scram-sha-256\n", ""),
        (HBA, "# TYPE", "host shop shop 10.1.2.3/32 scram-sha-256\n# TYPE"),
        (NGINX, "8080", "8081"),
        (NGINX, "app:8443", "other:8444"),
        (NGINX, "    ssl_protocols", "    # a remark: auth off\n    ssl_protocols"),
        (NGINX, "server {\n", "server {\n    listen 127.0.0.1:9090;\n"),
        (REDIS, "# none", ""),
        (REDIS, "bind", "timeout 300\nbind"),
    ],
)
def test_other_lines_do_not_count(text: str, old: str, new: str) -> None:
    assert downgrades(lines(text), lines(text.replace(old, new, 1))) == ()


def test_of_several_of_one_kind_each_is_compared() -> None:
    def verified(*answers: str) -> Posture:
        return Posture(stances=stances("file:/f", [Told(("peers", "verify"), each) for each in answers]))

    assert downgrades(verified("false", "true"), verified("false", "false"))
    assert downgrades(verified("false", "true"), verified("false", "true", "false"))
    assert not downgrades(verified("true", "false"), verified("true", "true"))
    assert not downgrades(verified("false", "true"), verified("true", "false", "true"))


def test_nothing_says_a_secret() -> None:
    secret = "hZk82jqLm0-and-more"  # noqa: S105 -- made up here
    told = [
        Told(("db", "password"), secret), Told(("url",), f"postgres://u:{secret}@h/d?password={secret}"),
        Told(("dsn",), f"host=h password={secret}"), Told(("ARGS",), f"--password {secret} --token={secret}"),
        Told(("auth", "mode"), secret), Told(("api_key",), f"{secret}=="), Told(("user",), f"default on >{secret}"),
    ]  # fmt: skip
    found = stances("file:/f", told)
    assert len(found) > len(told)
    assert secret not in repr(found)


def test_a_broken_file_is_compared_by_the_last_part_of_its_keys() -> None:
    whole = Posture(
        stances=stances("file:/f", [Told(("server", "auth", "enabled"), "true"), Told(("db", "tls"), "on")])
    )
    broken = Posture(stances=stances("file:/f", told_in_lines("auth:\n  enabled: true\ntls: on\n"), is_vague=True))
    lowered = Posture(stances=stances("file:/f", told_in_lines("auth:\n  enabled: false\ntls: on\n"), is_vague=True))
    assert downgrades(broken, whole) == downgrades(whole, broken) == ()
    assert [each.name for each in downgrades(whole, lowered)] == [f"{SOMEWHERE}enabled"]
    assert not downgrades(lowered, whole)


@pytest.mark.parametrize(
    ("key", "other", "is_mended"),
    [
        ("LEDGR_TOKEN", "LEDGER_TOKEN", True),
        ("BIND_ADRESS", "BIND_ADDRESS", True),
        ("Bind_address", "BIND_ADDRESS", True),
        ("BIND_ADDRESS", "BIND_ADRESS", False),
        ("AUTH_ENABLED", "AUTH_ENABLE", False),
        ("AUTH_ENABLED", "auth_enabled", False),
        ("LEDGER_TOKEN", "PAYMENTS_TOKEN", False),
    ],
)
def test_a_name_that_was_mended_is_the_same_guard(key: str, other: str, is_mended: bool) -> None:
    value = "127.0.0.1" if "bind" in key.lower() else "true" if "auth" in key.lower() else "hZk82jqLm0"
    assert (downgrades(posture(key, value), posture(other, value)) == ()) is is_mended
    weaker = "0.0.0.0" if "bind" in key.lower() else ""
    assert downgrades(posture(key, value), posture(other, weaker))


def test_a_downgrade_says_what_it_was_and_is() -> None:
    (found,) = downgrades(posture("tls.verify", "true"), posture("tls.verify", "false"))
    assert found == Downgrade(subject="file:/f", aspect=Aspect.TLS, name="tls.verify", before="true", after="false")
    assert str(found) == "tls of file:/f tls.verify: true → false"


def test_what_cannot_be_ordered_counts_when_it_changes_and_when_it_goes() -> None:
    def owner(says: str, *, may_go: bool = False) -> Posture:
        return Posture(stances=(Stance(subject="file:/f", aspect=Aspect.OWNER, says=says, may_go=may_go),))

    assert downgrades(owner("a"), owner("b"))
    assert downgrades(owner("b"), owner("a"))
    assert downgrades(owner("a"), Posture())
    assert not downgrades(Posture(), owner("a"))
    assert not downgrades(owner("a", may_go=True), Posture())
    assert not downgrades(owner("a"), owner("a"))


def test_a_long_text_is_read_in_little_time() -> None:
    assert guards_of(Told(("a",), "--x=" * 100_000))
    assert len(list(told_in_lines("a { b c; } " * 50_000 + "\n" + 'k = "' * 50_000))) < 1_000_000


STANCES = st.builds(
    Stance,
    subject=st.sampled_from(["file:/a", "service:b"]),
    aspect=st.sampled_from([Aspect.AUTH, Aspect.BIND]),
    name=st.sampled_from(["x", "y.z", "y.z (scheme)"]),
    says=st.sampled_from(["p", "q"]),
    strength=st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]),
    may_go=st.booleans(),
)
ONE_EACH = st.lists(STANCES, unique_by=lambda each: each.guard, max_size=6).map(
    lambda some: Posture(stances=tuple(some))
)
ANY = st.lists(STANCES, max_size=6).map(lambda some: Posture(stances=tuple(some)))


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_nothing_is_weaker_than_itself(some: Posture) -> None:
    assert downgrades(some, some) == ()


@settings(max_examples=150, deadline=None)
@given(ONE_EACH, ONE_EACH)
def test_what_is_weaker_one_way_is_not_weaker_the_other(one: Posture, other: Posture) -> None:
    def guards(found: tuple[Downgrade, ...]) -> set[tuple[str, Aspect, str]]:
        return {(each.subject, each.aspect, each.name) for each in found}

    assert not guards(downgrades(one, other)) & guards(downgrades(other, one))


@settings(max_examples=100, deadline=None)
@given(ONE_EACH, STANCES)
def test_another_guard_weakens_nothing_and_another_hole_does(some: Posture, more: Stance) -> None:
    more = more.model_copy(update={"subject": "file:/new"})
    found = downgrades(some, Posture(stances=(*some.stances, more)))
    assert bool(found) is (more.strength is not None and more.strength < 0)


@settings(max_examples=100, deadline=None)
@given(ONE_EACH)
def test_the_loss_of_what_guards_is_told_for_each(some: Posture) -> None:
    lost = [each for each in some.stances if (each.strength or 0) > 0 and not each.may_go]
    assert len(downgrades(some, Posture())) == len(lost)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    here = lines(text)
    assert downgrades(here, here) == ()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted({key for key, _, _ in (*WEAKER, *NO_WEAKER)})), st.text(max_size=40))
def test_any_value_can_be_read(key: str, value: str) -> None:
    assert downgrades(posture(key, value), posture(key, value)) == ()
