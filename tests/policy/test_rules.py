from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Permission, Ruling
from prunella.domain.service import PolicySpec
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.policy.rules import Rules
from prunella.protocols import Policy

FLEET = Path("/srv/shop/prunella.toml")
ORDER = (Permission.ALLOW, Permission.ASK, Permission.DENY)


def ruled(
    tool: str = "config.set",
    *,
    risk: Risk = Risk.CHANGE,
    arguments: dict[str, JsonValue] | None = None,
    prepared: Prepared | None = None,
    autonomy: Autonomy = Autonomy.AUTO,
    allow: tuple[str, ...] = (),
    ask: tuple[str, ...] = (),
    deny: tuple[str, ...] = (),
) -> Ruling:
    policy: Policy = Rules(PolicySpec(allow=allow, ask=ask, deny=deny), autonomy, FLEET)
    spec = ToolSpec(name=tool, description="", risk=risk, parameters={}, returns={})
    return policy.rule(Step(tool=tool, arguments=arguments or {}), spec, prepared or Prepared())


@pytest.mark.parametrize("risk", [Risk.CHANGE, Risk.INTERRUPT])
def test_auto_allows_what_can_be_put_back(risk: Risk) -> None:
    assert ruled(risk=risk).permission is Permission.ALLOW


@pytest.mark.parametrize("autonomy", Autonomy)
def test_reading_needs_no_leave_unless_it_is_denied(autonomy: Autonomy) -> None:
    assert ruled(risk=Risk.READ, autonomy=autonomy, ask=("*",)).permission is Permission.ALLOW
    assert ruled(risk=Risk.READ, autonomy=autonomy, deny=("*",)).permission is Permission.DENY


def test_what_cannot_be_put_back_always_asks_and_says_why() -> None:
    assert ruled(risk=Risk.IRREVERSIBLE, allow=("*",)).permission is Permission.ASK
    ruling = ruled(prepared=Prepared(reversible=False, note="no snapshot"), allow=("*",))
    assert ruling.permission is Permission.ASK
    assert "no snapshot" in ruling.reason


@pytest.mark.parametrize("allow", [(), ("*",), ("sql.*",), ("sql.execute", "table:*")])
def test_what_must_be_asked_is_asked_whatever_is_allowed(allow: tuple[str, ...]) -> None:
    prepared = Prepared(must_ask="it is a DELETE without WHERE", touches=("table:orders",))
    ruling = ruled("sql.execute", prepared=prepared, allow=allow)
    assert ruling.permission is Permission.ASK
    assert "it is a DELETE without WHERE" in ruling.reason
    assert ruled("sql.execute", prepared=prepared, allow=allow, deny=("sql.*",)).permission is Permission.DENY
    assert ruled("sql.execute", prepared=prepared, autonomy=Autonomy.SUGGEST).permission is Permission.DENY


@pytest.mark.parametrize("autonomy", [Autonomy.OBSERVE, Autonomy.SUGGEST])
def test_observe_and_suggest_change_nothing(autonomy: Autonomy) -> None:
    ruling = ruled(autonomy=autonomy, allow=("*",))
    assert ruling.permission is Permission.DENY
    assert str(autonomy) in ruling.reason


def test_autonomy_ask_asks_before_every_change() -> None:
    assert ruled(autonomy=Autonomy.ASK, allow=("*",)).permission is Permission.ASK


def test_a_stop_asks_unless_it_is_allowed_for_all_it_touches() -> None:
    prepared = Prepared(touches=("service:payments", "service:ledger"))

    def stop(*allow: str) -> Permission:
        return ruled("services.stop", risk=Risk.INTERRUPT, prepared=prepared, allow=allow).permission

    assert stop() is Permission.ASK
    assert stop("services.*") is Permission.ALLOW
    assert stop("service:payments") is Permission.ASK
    assert stop("service:payments", "service:ledger") is Permission.ALLOW


def test_explicit_rules_beat_allow_and_deny_beats_ask() -> None:
    assert ruled(allow=("*",), ask=("config.*",)).permission is Permission.ASK
    assert ruled(allow=("*",), ask=("config.*",), deny=("config.set",)).permission is Permission.DENY


def test_a_ruling_names_the_rule_and_the_file() -> None:
    for ruling in (ruled(deny=("config.s*",)), ruled(ask=("config.s*",))):
        assert '"config.s*"' in ruling.reason
        assert str(FLEET) in ruling.reason


@pytest.mark.parametrize(
    "pattern",
    [
        "config.set",
        "CONFIG.*",
        "config:*password*",
        "config:db.Password",
        "config:payments.db.*",
        "file:/srv/shop/payments/.env",
        "file:payments/.env",
        "file:./payments/*",
        "file:*.env",
        "service:payments",
    ],
)
def test_globs_match_tools_settings_files_and_services(pattern: str) -> None:
    arguments: dict[str, JsonValue] = {"file": "payments/.env", "key": "db.PASSWORD", "value": "x"}
    prepared = Prepared(touches=("file:/srv/shop/conf/../payments/.env", "service:payments"))
    assert ruled(arguments=arguments, prepared=prepared, deny=(pattern,)).permission is Permission.DENY


@pytest.mark.parametrize(
    "pattern", ["config.get", "config:port", "file:/etc/*", "file:ledger/*", "service:ledger", "x"]
)
def test_globs_leave_the_rest_alone(pattern: str) -> None:
    arguments: dict[str, JsonValue] = {"file": "payments/.env", "key": "DB_PASSWORD", "value": "port"}
    assert ruled(arguments=arguments, deny=(pattern,)).permission is Permission.ALLOW


@pytest.mark.parametrize(
    "arguments",
    [
        {"keys": ["a", "password"]},
        {"settings": {"password": "x"}},
        {"changes": [{"key": "password", "value": "x"}]},
        {"key": '"password"'},
    ],
)
def test_settings_are_found_wherever_arguments_name_them(arguments: dict[str, JsonValue]) -> None:
    assert ruled(arguments=arguments, deny=("config:password",)).permission is Permission.DENY


def test_a_whole_file_write_cannot_slip_past_a_rule_on_a_setting() -> None:
    prepared = Prepared(
        touches=("file:/srv/a.yaml",), difference="  port: 80\n-  password: [redacted]\n+  password: [redacted]"
    )
    assert ruled("files.write", prepared=prepared, deny=("config:*password*",)).permission is Permission.DENY
    assert ruled("files.write", prepared=prepared, deny=("config:port",)).permission is Permission.ALLOW
    exported = Prepared(difference="+export DB_PASSWORD=[redacted]")
    assert ruled("files.write", prepared=exported, deny=("config:*password*",)).permission is Permission.DENY


def test_a_folder_with_glob_signs_is_taken_literally() -> None:
    policy = Rules(PolicySpec(deny=("file:.env",)), Autonomy.AUTO, Path("/srv/[a]/prunella.toml"))
    spec = ToolSpec(name="t", description="", risk=Risk.CHANGE, parameters={}, returns={})

    def permission(path: str) -> Permission:
        return policy.rule(Step(tool="t"), spec, Prepared(touches=(f"file:{path}",))).permission

    assert permission("/srv/[a]/.env") is Permission.DENY
    assert permission("/srv/a/.env") is Permission.ALLOW


GLOBS = st.lists(
    st.sampled_from(["*", "services.*", "services.stop", "config:*", "config:port", "file:*", "service:a"]), max_size=3
)
TOOLS = st.sampled_from(["services.stop", "services.start", "config.set", "files.write"])
RISKS = st.sampled_from(list(Risk))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Step, Risk, Prepared, PolicySpec, Autonomy]:
    step = Step(tool=draw(TOOLS), arguments={"key": draw(st.sampled_from(["port", "host"]))})
    touches = tuple(draw(st.lists(st.sampled_from(["file:/srv/a", "service:a", "service:b"]), max_size=2)))
    spec = PolicySpec(allow=tuple(draw(GLOBS)), ask=tuple(draw(GLOBS)), deny=tuple(draw(GLOBS)))
    prepared = Prepared(touches=touches, reversible=draw(st.booleans()))
    return step, draw(RISKS), prepared, spec, draw(st.sampled_from(list(Autonomy)))


def strictness(step: Step, risk: Risk, prepared: Prepared, policy: PolicySpec, autonomy: Autonomy) -> int:
    spec = ToolSpec(name=step.tool, description="", risk=risk, parameters={}, returns={})
    return ORDER.index(Rules(policy, autonomy, FLEET).rule(step, spec, prepared).permission)


@settings(max_examples=200, deadline=None)
@given(situations(), GLOBS, st.data())
def test_a_stricter_rule_never_allows_more(
    situation: tuple[Step, Risk, Prepared, PolicySpec, Autonomy], more: list[str], data: st.DataObject
) -> None:
    step, risk, prepared, spec, autonomy = situation
    usual = strictness(*situation)
    risks, autonomies = list(Risk), list(Autonomy)
    riskier = data.draw(st.sampled_from(risks[risks.index(risk) :]))
    stricter = data.draw(st.sampled_from(autonomies[: autonomies.index(autonomy) + 1]))
    lists = {"allow": spec.allow[1:], "ask": (*spec.ask, *more), "deny": (*spec.deny, *more)}
    for name, globs in lists.items():
        assert strictness(step, risk, prepared, spec.model_copy(update={name: globs}), autonomy) >= usual
    assert strictness(step, riskier, prepared, spec, autonomy) >= usual
    assert strictness(step, risk, prepared, spec, stricter) >= usual
    assert strictness(step, risk, prepared.model_copy(update={"reversible": False}), spec, autonomy) >= usual
    if risk is not Risk.READ:
        asked = strictness(step, risk, prepared.model_copy(update={"must_ask": "why"}), spec, autonomy)
        assert asked >= max(usual, ORDER.index(Permission.ASK))
