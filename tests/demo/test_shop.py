"""The shop is real: it takes payments, keeps them, refuses bad configurations, and leaves nothing running."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.demo.build import SERVICES, Shop, build_shop
from prunella.demo.looks import complaints, http_get, pay
from prunella.testing.ports import is_free
from prunella.world.fleet_world import is_stale


def check(shop: Shop, service: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"programs.{service}", "--check"]
    return subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, timeout=20, check=False)


def spoil(shop: Shop, file: str, old: str, new: str) -> None:
    path = shop.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


async def test_a_payment_outlives_a_restart_and_closing_ends_everything(tmp_path: Path):
    shop = build_shop(tmp_path / "shop")
    try:
        await shop.open()
        assert complaints(shop) == {}
        payment = pay(shop)
        await shop.restart("ledger")
        assert http_get(shop.url("gateway") + payment)[0] == 200
        assert {name: len(found) for name, found in shop.processes().items()} == dict.fromkeys((*SERVICES, "bank"), 1)
        for name in SERVICES:
            assert is_stale(shop.fleet.services[name], await shop.supervisor(name).status()) is False
    finally:
        await shop.close()
    assert shop.processes() == {}


def test_two_shops_share_no_port_and_equal_seeds_share_secrets(tmp_path: Path):
    one, two, other = (build_shop(tmp_path / str(n), seed) for n, seed in enumerate((7, 7, 8)))
    secrets = [
        [line for line in (shop.folder / "payments/.env").read_text().splitlines() if "TOKEN" in line or "KEY" in line]
        for shop in (one, two, other)
    ]
    assert secrets[0] == secrets[1] != secrets[2]
    assert one.bank_key == two.bank_key != other.bank_key


def test_a_port_that_somebody_listens_on_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_preflights_pass_and_touch_nothing(tmp_path: Path):
    shop = build_shop(tmp_path / "shop")
    before = {path: path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
    assert [check(shop, name).returncode for name in SERVICES] == [0, 0, 0, 0]
    after = {p: p.read_bytes() for p in shop.folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert after == before


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("payments/.env", "WORKERS=8", "WORKERS=640", "WORKERS\n  Input should be less than or equal to 64"),
        ("payments/.env", "PORT=", "PROT=", "PORT\n  Field required"),
        ("payments/.env", "LOG_LEVEL=INFO", "LOG_LEVEL=INFOO", "should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("payments/payments.yaml", "currency:", "curency:", "KeyError: 'currency'"),
        ("payments/payments.yaml", "  rounding", "\trounding", "line 17"),
        ("payments/payments.yaml", "rate_percent: 1.5", "rate_percent: 1,5", "could not convert string to float"),
        ("payments/payments.yaml", "accept_payments: true", "accept_payments: ture", "must be true or false"),
        ("gateway/gateway.toml", "workers = 16", "wrokers = 16", "unknown field `wrokers` in [server], expected one"),
        ("gateway/gateway.toml", "workers = 16", "workers = 160", "out of range, expected 1..=64"),
        ("gateway/gateway.toml", "workers = 16", 'workers = "16"', "invalid type: str `16`"),
        ("gateway/gateway.toml", 'log_level = "info"', 'log_level = "info', "failed to parse gateway.toml"),
        ("gateway/limits.ini", "max_body_kb = 64\n", "", "No option 'max_body_kb' in section: 'limits'"),
        ("ledger/ledger.ini", "threads = 8", "threads = 8a", "invalid literal for int() with base 10: '8a'"),
        ("ledger/ledger.ini", "level = INFO", "level = INFOO", "expected one of: DEBUG, INFO, WARNING, ERROR"),
        ("catalog/catalog.json", '"EUR",', '"EUR"', "catalog.json is not valid JSON"),
    ],
)
def test_a_bad_configuration_is_refused_with_its_reason(tmp_path: Path, file: str, old: str, new: str, message: str):
    shop = build_shop(tmp_path / "shop")
    spoil(shop, file, old, new)
    result = check(shop, file.partition("/")[0])
    assert (result.returncode, message in result.stderr) == (2, True), result.stderr
