"""Autonomy per fleet, service and tool; and what every ruling says of where its rule stands."""

from pathlib import Path

import pytest

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Permission, Ruling
from prunella.domain.service import PolicySpec
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.policy.autonomy import spec_for_dry_run
from prunella.policy.rules import Rules

FLEET = Path("/srv/shop/prunella.toml")
FILES = {"ledger": (Path("/srv/shop/ledger/l.ini"), Path("/real/l.ini")), "payments": (Path("/srv/shop/.env"),)}


def ruled(
    spec: PolicySpec,
    tool: str = "config.set",
    *,
    touches: tuple[str, ...] = (),
    autonomy: Autonomy = Autonomy.AUTO,
    prepared: Prepared | None = None,
    arguments: dict[str, JsonValue] | None = None,
) -> Ruling:
    about = ToolSpec(name=tool, description="", risk=Risk.CHANGE, parameters={}, returns={})
    rules = Rules(spec, autonomy, FLEET)
    return rules.rule(Step(tool=tool, arguments=arguments or {}), about, prepared or Prepared(touches=touches))


@pytest.mark.parametrize(
    "touches",
    [
        ("service:ledger",),
        ("service:payments", "service:ledger"),
        ("file:/srv/shop/ledger/l.ini",),
        ("file:/srv/shop/x/../ledger/l.ini",),
        ("file:/real/l.ini",),
        ("file:/srv/shop/ledger",),
    ],
)
def test_the_autonomy_of_every_service_that_is_touched_holds(touches: tuple[str, ...]) -> None:
    spec = PolicySpec(services={"ledger": Autonomy.SUGGEST}, files=FILES)
    ruling = ruled(spec, touches=touches)
    assert (ruling.permission, ruling.final) == (Permission.DENY, False)
    assert "Autonomy of ledger is suggest" in ruling.reason


@pytest.mark.parametrize(
    "touches", [(), ("service:payments",), ("file:/srv/shop/ledger/l.ini.bak",), ("file:/srv/shop/led",)]
)
def test_the_autonomy_of_a_service_is_nobody_elses(touches: tuple[str, ...]) -> None:
    spec = PolicySpec(services={"ledger": Autonomy.OBSERVE}, files=FILES)
    assert ruled(spec, touches=touches).permission is Permission.ALLOW


@pytest.mark.parametrize("arguments", [{"service": "ledger"}, {"path": "ledger/l.ini"}])
def test_a_service_is_found_in_the_arguments_too(arguments: dict[str, JsonValue]) -> None:
    spec = PolicySpec(services={"Ledger": Autonomy.ASK}, files={"Ledger": FILES["ledger"]})
    assert ruled(spec, "x.y", arguments=arguments).permission is Permission.ASK


@pytest.mark.parametrize(
    ("run", "service", "tool", "told"),
    [
        (Autonomy.AUTO, Autonomy.ASK, Autonomy.SUGGEST, 'Autonomy of "config.*" is suggest'),
        (Autonomy.AUTO, Autonomy.OBSERVE, Autonomy.SUGGEST, "Autonomy of ledger is observe"),
        (Autonomy.ASK, Autonomy.AUTO, Autonomy.AUTO, "Autonomy is ask"),
        (Autonomy.SUGGEST, Autonomy.AUTO, Autonomy.ASK, "Autonomy is suggest"),
        (Autonomy.AUTO, Autonomy.AUTO, Autonomy.ASK, 'Autonomy of "config.*" is ask'),
        (Autonomy.AUTO, Autonomy.AUTO, Autonomy.AUTO, "Autonomy is auto"),
    ],
)
def test_the_strictest_word_holds_and_is_told(run: Autonomy, service: Autonomy, tool: Autonomy, told: str) -> None:
    spec = PolicySpec(services={"ledger": service}, tools={"config.*": tool})
    ruling = ruled(spec, touches=("service:ledger",), autonomy=run)
    assert told in ruling.reason
    assert ruling.final is (run in {Autonomy.SUGGEST, Autonomy.ASK})


def test_every_ruling_tells_the_line_of_its_rule() -> None:
    spec = PolicySpec(
        autonomy=Autonomy.AUTO,
        deny=("file:/etc/*",),
        ask=("files.*",),
        services={"ledger": Autonomy.ASK},
        tools={"sql.*": Autonomy.SUGGEST},
        lines={
            "[policy]": 1, 'autonomy = "auto"': 2, 'deny = "file:/etc/*"': 3, 'ask = "files.*"': 4,
            '[service.ledger] autonomy = "ask"': 5, '[policy.tools] "sql.*" = "suggest"': 6,
        },
    )  # fmt: skip
    lines = [
        ruled(spec),
        ruled(spec, touches=("file:/etc/x",)),
        ruled(spec, "files.write"),
        ruled(spec, touches=("service:ledger",)),
        ruled(spec, "sql.execute"),
        ruled(spec, "services.stop"),
    ]
    assert [f"{FLEET}:{line}" in ruling.reason for line, ruling in zip((2, 3, 4, 5, 6, 1), lines, strict=True)] == (
        [True] * 6
    )


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("services.stop", {}),
        ("vm.shutdownNow", {}),
        ("github.delete_file", {}),
        ("bank.refund", {}),
        ("sql.execute", {"sql": "DELETE FROM orders WHERE id = 1"}),
        ("sql.execute", {"sql": "with x as (select 1) delete/**/from orders"}),
        ("db.run", {"statements": ["SELECT 1", "drop table orders"]}),
        ("config.set", {"key": "payout.iban"}),
        ("config.set", {"key": "dailyAmount"}),
    ],
)
def test_stopping_deleting_and_paying_ask_unless_allowed(tool: str, arguments: dict[str, JsonValue]) -> None:
    ruling = ruled(PolicySpec(), tool, arguments=arguments)
    assert ruling.permission is Permission.ASK
    assert "by default" in ruling.reason
    assert ruled(PolicySpec(allow=(tool,)), tool, arguments=arguments).permission is Permission.ALLOW
    assert ruled(PolicySpec(allow=("x.*",)), tool, arguments=arguments).permission is Permission.ASK


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("services.restart", {}),
        ("config.remove", {"key": "port"}),
        ("shop.set_price", {"price": 3}),
        ("sql.execute", {"sql": "UPDATE orders SET deleted_at = NULL WHERE id = 1"}),
        ("config.set", {"key": "limits.max_amount"}),
        ("config.set", {"key": "refund.port"}),
        ("config.set", {"key": "PORT", "value": "delete", "service": "payout"}),
        ("nonstop.start", {}),
    ],
)
def test_what_only_sounds_alike_does_not_ask(tool: str, arguments: dict[str, JsonValue]) -> None:
    assert ruled(PolicySpec(), tool, arguments=arguments).permission is Permission.ALLOW


def test_a_rule_on_a_setting_catches_what_a_step_would_change() -> None:
    change = SettingChange(path=Path("/real/l.ini"), key="bank.iban", before="1", after="2")
    restored = Prepared(touches=("tool:x",), changes=(change,))

    def said(*allow: str, deny: tuple[str, ...] = (), opaque: bool = False) -> Permission:
        prepared = restored.model_copy(update={"is_opaque": opaque})
        return ruled(PolicySpec(files=FILES, allow=allow, deny=deny), "config.restore", prepared=prepared).permission

    assert said() is Permission.ASK
    assert said("config:ledger.bank.iban") is Permission.ALLOW
    assert said("config:payments.*") is Permission.ASK
    assert said("config:*", opaque=True) is Permission.ASK
    assert said(deny=("config:ledger.bank.*",)) is Permission.DENY


def test_text_that_is_no_setting_is_caught_by_its_first_word() -> None:
    prepared = Prepared(difference="-  auth_basic on;\n+  auth_basic off;", is_opaque=True)
    assert ruled(PolicySpec(deny=("config:auth_basic",)), prepared=prepared).permission is Permission.DENY
    assert ruled(PolicySpec(deny=("config:auth",)), prepared=prepared).permission is Permission.ALLOW


def test_a_dry_run_shows_the_plan_whatever_services_hand_over() -> None:
    spec = PolicySpec(services={"ledger": Autonomy.OBSERVE}, tools={"*": Autonomy.SUGGEST}, deny=("x.*",))
    shown = spec_for_dry_run(spec)
    assert ruled(shown, touches=("service:ledger",), autonomy=Autonomy.ASK).permission is Permission.ASK
    assert ruled(shown, "x.y", autonomy=Autonomy.ASK).permission is Permission.DENY
