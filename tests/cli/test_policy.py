"""`prunella policy`, as its verbs are called: what would become of a call, and by which line of which file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prunella.cli.exits import Exit
from prunella.cli.policy import explain_call, show_policy
from prunella.errors import Misuse

FLEET = """[fleet]
name = "shop"
[policy]
autonomy = "auto"
ask = ["config:*password*"]
deny = ["file:ledger/*", "service.stop"]
max_services = 2
[policy.tools]
"services.*" = "ask"
[service.payments]
config = ["payments/.env"]
supervisor = { kind = "process", command = ["sleep", "1000"] }
[service.Ledger]
autonomy = "suggest"
config = ["ledger/ledger.ini", "ledger/x.yaml"]
probes = [{ tcp = "127.0.0.1:1" }]
[service.web]
probes = [{ tcp = "127.0.0.1:1" }]
"""
Explain = Callable[[str], dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shop = tmp_path / "shop"
    for name, text in {
        "payments/.env": "PORT=8080\nDB_PASSWORD=hunter2hunter\n",
        "ledger/ledger.ini": "[ledger]\nport = 1\n",
        "ledger/x.yaml": "depth: 1\n",
        "prunella.toml": FLEET,
    }.items():
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text(text)
    monkeypatch.setenv("PRUNELLA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(shop)
    return shop


@pytest.fixture
def explain(folder: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    def run(words: str) -> dict[str, Any]:
        assert explain_call(words, None, json=True) is Exit.DONE
        (line,) = capsys.readouterr().out.splitlines()
        return json.loads(line)

    return run


def says(told: dict[str, Any]) -> tuple[str, str]:
    """The permission, and the line that the reason names ("" for none)."""
    _, colon, after = told["reason"].partition("prunella.toml:")
    return told["permission"], after.split(")")[0].split()[0].rstrip(".:") if colon else ""


@pytest.mark.parametrize(
    ("words", "permission", "line"),
    [
        ("config.set payments PORT 8081", "allow", "4"),
        ("config_set payments/.env PORT 8081", "allow", "4"),
        ("config.set .env PORT 8081", "allow", "4"),
        ("config.set payments DB_PASSWORD x", "ask", "5"),
        ("config.set value=x payments key=DB_PASSWORD", "ask", "5"),
        ("config.set ledger depth 2", "deny", "6"),
        ("services.stop payments", "ask", "9"),
        ("services.restart PAYMENTS", "ask", "9"),
        ("services.restart Ledger", "deny", "14"),
        ("services.status payments", "allow", ""),
        ("http.request POST http://127.0.0.1:1/", "ask", ""),
        ("files.write payments 'PORT=1'", "ask", "5"),
        ("files.list payments", "allow", ""),
    ],
)
def test_what_would_become_of_a_call(explain: Explain, words: str, permission: str, line: str) -> None:
    assert says(explain(words)) == (permission, line)


def test_a_service_stands_for_the_file_that_has_the_setting(explain: Explain) -> None:
    assert explain("config.set payments A=B 'x y'")["arguments"] == {
        "file": "payments/.env",
        "key": "A=B",
        "value": "x y",
    }
    assert explain("config.set Ledger depth 2")["arguments"]["file"] == "ledger/x.yaml"
    assert explain("config.set ledger ledger.port 2")["arguments"]["file"] == "ledger/ledger.ini"


def test_every_rule_is_told_in_order_and_every_limit(explain: Explain) -> None:
    told = explain("config.set payments DB_PASSWORD x")
    assert [(rule["rule"], rule["permission"]) for rule in told["rules"]] == [
        ('deny = "file:ledger/*"', None),
        ('deny = "service.stop"', None),
        ('ask = "config:*password*"', "ask"),
        ("what its tool finds grave asks", None),
        ("what cannot be put back asks", None),
        ('autonomy = "auto"', None),
        ("by default stopping a service asks", None),
        ("by default deleting data asks", None),
        ("by default giving or taking rights asks", None),
        ("by default moving money asks", None),
        ("the rest is allowed", "allow"),
    ]
    assert [limit["rule"] for limit in told["limits"]] == [
        "max_changes_per_hour = 20", "max_services = 2", "max_bytes = 1048576", "max_rows = 1000",
    ]  # fmt: skip
    assert told["limits"][1]["place"].endswith("prunella.toml:7")
    assert told["limits"][0]["place"] == "default"


def test_the_plan_decides_where_it_is_stricter(folder: Path, explain: Explain) -> None:
    (folder / "prunella.toml").write_text(FLEET.replace("max_services = 2", 'freezes = ["1970-01-01/2999-01-01"]'))
    assert says(explain("config.set payments PORT 8081")) == ("deny", "7")
    assert explain("config.set payments PORT 8081")["final"] is True
    assert says(explain("config.show payments")) == ("allow", "")


def test_what_is_impossible_now_is_ruled_all_the_same(explain: Explain) -> None:
    told = explain("config.set payments PORT 8080")
    assert told["permission"] == "allow"
    assert "nothing would change" in told["notes"][0]
    assert "does not run" in explain("services.stop payments")["notes"][0]


def test_without_a_word_of_the_file_it_says_what_holds_elsewhere(folder: Path, explain: Explain) -> None:
    (folder / "prunella.toml").write_text(FLEET.replace('autonomy = "auto"\n', ""))
    told = explain("config.set payments PORT 8081")
    assert told["permission"] == "ask"
    assert "suggest elsewhere" in told["notes"][0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("services.stat payments", "no tool 'services.stat'. Did you mean services.start or services.status"),
        ("xyzzy", "Known: config.show, config.set"),
        ("services.status paymets", 'no service "paymets". Did you mean payments?'),
        ("config.set paymnts PORT 1", "Did you mean payments or payments/.env?"),
        ("config.set web PORT 1", "web declares no configuration file"),
        ("config.set ledger nowhere 1", "several configuration files: ledger/ledger.ini, ledger/x.yaml"),
        ("config.set payments PORT", "lacks value. Write: config.set file key value."),
        ("config.set payments PORT a b", "'b' is one word too many"),
        ("http.request FETCH http://x/", "method"),
        ("config.set payments 'PORT 1", "Close the quote"),
        ("  ", "Say which call"),
    ],
)
def test_what_fits_nothing_is_bad_input(folder: Path, words: str, message: str) -> None:
    with pytest.raises(Misuse) as caught:
        explain_call(words, None, json=False)
    assert message in str(caught.value)


def test_it_touches_nothing(folder: Path, explain: Explain) -> None:
    def all_of_it() -> dict[Path, bytes | None]:
        return {path: path.read_bytes() if path.is_file() else None for path in folder.parent.rglob("*")}

    before = all_of_it()
    for words in (
        "config.set payments PORT 8081",
        "services.start payments",
        "files.write payments x",
        "config.show payments",
    ):
        explain(words)
    assert show_policy(None, json=True) is Exit.DONE
    assert all_of_it() == before


def test_people_read_the_answer_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain_call("config.set payments DB_PASSWORD swordfish99", None, json=False)
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first == "config.set payments/.env DB_PASSWORD [redacted]"
    assert second == 'ask   ask = "config:*password*" in prunella.toml:5 asks before config.set.'
    assert '▸ ask   prunella.toml:5  ask = "config:*password*"' in rest
    assert not any("swordfish99" in line for line in rest)


def test_the_policy_is_shown_for_each_service(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_policy(folder / "prunella.toml", json=False) is Exit.DONE
    told = capsys.readouterr().out
    rows = [line.split() for line in told.splitlines()[1:4]]
    assert rows == [
        ["payments", "auto", "prunella.toml:4", "-"],
        ["Ledger", "suggest", "prunella.toml:14", "deny", "=", '"file:ledger/*"', "(prunella.toml:6)"],
        ["web", "auto", "prunella.toml:4", "-"],
    ]
    assert '[policy.tools] "services.*" = "ask" (prunella.toml:9)' in told
    assert "2 services in one plan (prunella.toml:7)" in told
    assert "20 changes in any hour (default)" in told
    assert 'deny names "service.stop", and no tool of a heal is called so. Did you mean services.stop' in told


def test_programs_get_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_policy(None, json=True)
    told = json.loads(capsys.readouterr().out)
    assert [(each["service"], each["autonomy"]) for each in told["services"]] == [
        ("payments", "auto"), ("Ledger", "suggest"), ("web", "auto"),
    ]  # fmt: skip
    assert {"rule": 'ask = "config:*password*"', "place": f"{folder}/prunella.toml:5"} in told["rules"]
