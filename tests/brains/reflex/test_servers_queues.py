import pytest

from tests.brains.reflex.paper import Unit
from tests.brains.reflex.paper_servers import all_proposed, calls, fleet_of, proposed, red

TOML = '[queue]\nname = "parcels"\nbatch = 5\ndead_letter = "parcels:dead"\n'
BAD = (
    """2026-05-01 10:00:0{} ERROR packer ValueError: job b'{{"id": "a1", "wei' at the head of {}: Unterminated string"""
)


def moved(log: str, text: str = TOML) -> list[dict[str, object]]:
    units = {"packer": Unit({"packer/worker.toml": text}, needs=("broker",), log=log), "broker": Unit()}
    plans = all_proposed(fleet_of(units, "packer"), red("packer"))
    return [dict(step.arguments) for plan in plans for step in plan.steps if step.tool == "redis.move_item"]


@pytest.mark.parametrize("source", ["parcels", "parcels:doing"])
def test_the_item_that_is_complained_of_again_and_again_goes_where_the_worker_keeps_bad_ones(source: str) -> None:
    log = "\n".join(BAD.format(second, source) for second in range(4))
    item = '{"id": "a1", "wei'
    assert moved(log)[0] == {"service": "broker", "source": source, "destination": "parcels:dead", "item": item}


def test_a_complaint_that_is_not_repeated_moves_nothing() -> None:
    assert moved(BAD.format(1, "parcels")) == []


def test_without_a_declared_place_for_bad_items_nothing_is_moved() -> None:
    log = "\n".join(BAD.format(second, "parcels") for second in range(4))
    assert moved(log, TOML.replace('dead_letter = "parcels:dead"\n', "")) == []


def test_the_move_is_all_that_is_done() -> None:
    log = "\n".join(BAD.format(second, "parcels") for second in range(4))
    units = {"packer": Unit({"packer/worker.toml": TOML}, needs=("broker",), log=log), "broker": Unit()}
    assert [tool for tool, _ in calls(proposed(fleet_of(units, "packer"), red("packer")))] == ["redis.move_item"]
