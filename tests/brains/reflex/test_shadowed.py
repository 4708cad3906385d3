import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.brains.reflex.shadowed import pairs_without
from prunella.domain.facts import Facts, ServerFact
from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import (
    SUPERVISORD,
    all_proposed,
    fleet_of,
    proposed,
    red,
    said,
    under_supervisord,
)

YAML = "shop/shop.yaml"
SECTION = '[program:shop]\ncommand=/srv/shop\nenvironment=SHOP_RATE="0",HOME="/srv, too",SHOP_ID="%(process_num)d"\n'
CLEAN = SECTION.replace('SHOP_RATE="0",', "")


def shadow(where: str) -> ServerFact:
    return said(
        "environment.shadows", "shop", variable="SHOP_RATE", value="0", where=where, file=f"/srv/fleet/{YAML}",
        key="rate", setting="2",
    )  # fmt: skip


IN_FILE = shadow(f'"program:shop".environment in /srv/fleet/{SUPERVISORD}')
UNITS = {"shop": Unit({YAML: "rate: 2\n", SUPERVISORD: SECTION}, port=8000, listens=8000)}


def facts(*told: ServerFact, good: str = "") -> Facts:
    references = (reference("known good", SUPERVISORD, good, SECTION),) if good else ()
    return under_supervisord(fleet_of(UNITS, "shop", *told, references=references), "shop")


@pytest.mark.parametrize("good", [CLEAN, ""])
def test_only_the_variable_goes_and_its_program_is_started_anew(good: str) -> None:
    where = next(s.key for s in facts().services["shop"].files[1].settings if s.key.endswith("environment"))
    plan = proposed(facts(shadow(f"{where} in /srv/fleet/{SUPERVISORD}"), good=good), red("shop"))
    assert plan is not None
    assert texts_after(UNITS, plan.steps)[SUPERVISORD] == CLEAN
    assert plan.steps[-1].tool == "services.restart"


def test_a_variable_that_was_there_at_a_better_time_is_hardly_to_blame() -> None:
    plans = all_proposed(facts(IN_FILE, good=SECTION), red("shop", detail="rate 0 is wrong"))
    assert all(texts_after(UNITS, plan.steps)[SUPERVISORD] != CLEAN for plan in plans[:1])


def test_nothing_is_withdrawn_from_a_service_that_is_well() -> None:
    report = red()
    assert all(texts_after(UNITS, p.steps)[SUPERVISORD] == SECTION for p in all_proposed(facts(IN_FILE), report))


def test_what_a_process_was_started_with_by_hand_goes_with_a_restart() -> None:
    plan = proposed(facts(shadow("its running process")), red("shop"))
    assert plan is not None
    assert [(step.tool, step.arguments) for step in plan.steps] == [("services.restart", {"service": "shop"})]


def test_a_variable_that_is_short_for_a_setting_with_its_unit_goes_too() -> None:
    units = {"shop": Unit({YAML: "rate_percent: 2\n", SUPERVISORD: SECTION}, port=8000, listens=8000)}
    plan = proposed(under_supervisord(fleet_of(units, "shop"), "shop"), red("shop"))
    assert plan is not None
    assert texts_after(units, plan.steps)[SUPERVISORD] == CLEAN


@pytest.mark.parametrize("setting", ["rate_percent: 0", "rates: 2", "price: 2"])
def test_a_variable_that_says_the_same_or_something_else_stays(setting: str) -> None:
    units = {"shop": Unit({YAML: f"{setting}\n", SUPERVISORD: SECTION}, port=8000, listens=8000)}
    plans = all_proposed(under_supervisord(fleet_of(units, "shop"), "shop"), red("shop"))
    assert all(texts_after(units, plan.steps)[SUPERVISORD] == SECTION for plan in plans)


NAMES = st.lists(st.from_regex(r"[A-Z][A-Z_]{0,6}", fullmatch=True), min_size=1, max_size=5, unique=True)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from(['"a,b=c"', "'x'", "plain", '""']), st.sampled_from([",", ", "]))
def test_all_other_pairs_stay_to_the_letter(names: list[str], value: str, comma: str) -> None:
    pairs = [f"{name}={value}" for name in names]
    assert pairs_without(comma.join(pairs), names[0]) == comma.join(pairs[1:])
    assert pairs_without(comma.join(pairs), "NOT-THERE") is None
