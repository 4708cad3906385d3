"""Each fault shows, is repaired by putting back what was right, and is not mistaken for repaired before that."""

import os
import signal
from pathlib import Path
from random import Random

import pytest

from prunella.demo import edits, spoils
from prunella.demo.build import SERVICES, Shop, build_shop
from prunella.demo.faults import FAULTS, Fault, fault_named, random_fault, spoil
from prunella.demo.looks import complaints
from prunella.demo.stage import Stage, staged

QUICK = ("address-in-use", "unrepairable", "healthy")


def named(name: str) -> Fault:
    fault = fault_named(name)
    assert fault is not None
    return fault


async def repair(stage: Stage) -> None:
    """The reference repair: every file as it was while all was well, strays killed, what was broken restarted."""
    services = {root.partition(":")[2] for root in stage.injection.roots if root.startswith("process:")}
    for name, mark in stage.case.well.files.items():
        path = stage.shop.folder / name
        if path.read_bytes() != mark.content:
            path.write_bytes(mark.content)
            services.add(Path(name).parent.name)
    for pid in stage.injection.strays:
        os.kill(pid, signal.SIGKILL)
    for service in services:
        await stage.shop.restart(service)


async def play(fault: Fault, seed: int, folder: Path) -> None:
    async with staged(fault, seed, folder) as stage:
        if fault.ending == "nothing_to_do":
            assert stage.verdict_ok("nothing_to_do") == []
            return
        assert any("is not well" in line for line in stage.verdict_ok("healed"))
        assert stage.verdict_ok("escalated")[1:] == []
        if fault.ending == "healed":
            await repair(stage)
            assert stage.verdict_ok("achieved") == []


@pytest.mark.parametrize("name", QUICK)
async def test_a_fault_shows_and_its_reference_repair_satisfies_the_judge(name: str, tmp_path: Path):
    await play(named(name), 0, tmp_path / "shop")


@pytest.mark.heavy
@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.name not in QUICK])
async def test_every_other_fault_too(name: str, tmp_path: Path):
    await play(named(name), 0, tmp_path / "shop")


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(31))
async def test_every_random_variant_too(seed: int, tmp_path: Path):
    await play(random_fault(seed), seed, tmp_path / "shop")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return build_shop(tmp_path / "shop")


async def test_the_wrong_port_is_named_by_the_gateway(shop: Shop):
    try:
        await shop.open()
        await spoil(shop, spoils.wrong_port(shop, Random(0)))
        assert complaints(shop).keys() == {"payments", "gateway", "catalog", "journey"}
        message = f"Connection refused. Check if PORT is set to {shop.ports['payments']}."
        assert message in shop.log("gateway").read_text()
    finally:
        await shop.close()


async def test_the_obvious_repair_of_a_trap_breaks_the_neighbour(shop: Shop):
    try:
        await shop.open()
        trap = spoils.other_currency(shop, Random(0))
        await spoil(shop, trap)
        assert complaints(shop).keys() == {"payments", "journey"}
        await spoil(shop, edits.valued(shop, edits.YAML, "currency", trap.said.split()[-1]))
        assert complaints(shop).keys() == {"catalog"}
    finally:
        await shop.close()


@pytest.mark.parametrize("seed", range(20))
def test_variants_come_from_the_seed_alone_and_change_one_file(seed: int, shop: Shop):
    ways = (spoils.illegal_value, spoils.wrong_value, spoils.missing_key, spoils.typo_key, spoils.broken_file)
    chosen = ways[seed % len(ways)]
    one, same = chosen(shop, Random(seed)), chosen(shop, Random(seed))
    assert one == same
    before = (shop.folder / one.file).read_text()
    assert one.text != before
    assert one.service in SERVICES
    assert abs(len(one.text.splitlines()) - len(before.splitlines())) <= 1


def test_random_faults_are_the_same_for_the_same_seed_and_many():
    assert random_fault(3) == random_fault(3)
    assert len({random_fault(seed).description for seed in range(60)}) > 10


def test_the_offer_is_complete():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 12
    assert {fault.ending for fault in FAULTS} == {"healed", "escalated", "nothing_to_do"}
    assert fault_named("no-such-fault") is None
