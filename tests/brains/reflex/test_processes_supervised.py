import pytest

from prunella.domain.facts import Facts
from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import SUPERVISORD, all_proposed, fleet_of, proposed, red, under_supervisord

GOOD = """\
[supervisord]
nodaemon=true

[program:shop]
command=/opt/app/bin/python /srv/shop.py
directory=/srv
autorestart=true

[program:packer]
command=/opt/app/bin/python /srv/packer.py
directory=/srv
autorestart=true
"""
SHOP_OFF = GOOD.replace("autorestart=true\n\n", "autostart=false\nautorestart=false\n\n", 1)


def units(text: str, detail: str = "") -> dict[str, Unit]:
    shop = Unit({SUPERVISORD: text}, port=8000, running=False, detail=detail)
    return {"shop": shop, "packer": Unit(port=8001, listens=8001)}


def facts(text: str, detail: str = "", good: str = "") -> Facts:
    references = (reference("known good", SUPERVISORD, good, text),) if good else ()
    return under_supervisord(fleet_of(units(text, detail), "shop", references=references), "shop", "packer")


def mended(text: str, detail: str = "", good: str = "") -> tuple[str, str]:
    """The file after the first proposal, and the last step of it."""
    plan = proposed(facts(text, detail, good), red("shop"))
    assert plan is not None
    return texts_after(units(text), plan.steps)[SUPERVISORD], str(plan.steps[-1])


def test_a_program_that_was_switched_off_comes_back_for_good() -> None:
    assert mended(SHOP_OFF, good=GOOD) == (GOOD, "services.start shop")
    switched = SHOP_OFF.replace("autostart=false\nautorestart=false", "autostart=true\nautorestart=true")
    assert mended(SHOP_OFF) == (switched, "services.start shop")


def test_a_program_that_is_called_like_a_guard_is_switched_on_as_well() -> None:
    named = SHOP_OFF.replace("program:shop", "program:auth")
    auth = Unit({SUPERVISORD: named}, port=8000, running=False)
    plan = proposed(under_supervisord(fleet_of({"auth": auth}, "auth"), "auth"), red("auth"))
    assert plan is not None
    assert "false" not in texts_after({"auth": auth}, plan.steps)[SUPERVISORD]


@pytest.mark.parametrize("good", [GOOD, ""])
def test_a_program_without_a_process_gets_one(good: str) -> None:
    text = GOOD.replace("directory=/srv\n", "directory=/srv\nnumprocs=0\n", 1)
    after, last = mended(text, good=good)
    assert after in {GOOD, text.replace("numprocs=0", "numprocs=1")}
    assert last == "services.start shop"


@pytest.mark.parametrize("slip", ["/opt/opt/app/bin/python", "/opt/app/bin/pyhton", "/app/bin/python"])
@pytest.mark.parametrize("good", [GOOD, ""])
def test_a_command_that_is_not_there_is_the_one_that_others_use(slip: str, good: str) -> None:
    text = GOOD.replace("/opt/app/bin/python /srv/shop.py", f"{slip} /srv/shop.py")
    detail = f"FATAL; there is no executable {slip} (command of shop) in /"
    assert mended(text, detail, good) == (GOOD, "services.start shop")


def test_a_folder_that_is_not_there_is_the_one_that_others_use() -> None:
    text = GOOD.replace("directory=/srv\n", "directory=/svr\n", 1)
    assert mended(text, "directory = /svr of shop does not exist")[0] == GOOD


def test_other_sections_keep_what_they_say_now() -> None:
    text = SHOP_OFF.replace("packer.py", "packer.py --fast")
    assert mended(text, good=GOOD)[0] == GOOD.replace("packer.py", "packer.py --fast")


def test_a_program_that_runs_is_not_switched_by_its_siblings() -> None:
    running = facts(SHOP_OFF)
    status = running.services["packer"].status
    services = {**running.services, "shop": running.services["shop"].model_copy(update={"status": status})}
    plans = all_proposed(running.model_copy(update={"services": services}), red("shop"))
    assert all(texts_after(units(SHOP_OFF), plan.steps)[SUPERVISORD] == SHOP_OFF for plan in plans)


@pytest.mark.parametrize(("detail", "is_moved"), [("FATAL; exited too quickly", True), ("STOPPED; by hand", False)])
def test_a_program_that_gave_up_starts_after_what_it_needs(detail: str, *, is_moved: bool) -> None:
    text = GOOD.replace("/srv/shop.py\n", "/srv/shop.py\npriority=10\n")
    text = text.replace("/srv/packer.py\n", "/srv/packer.py\npriority=20\n")
    shop = Unit({SUPERVISORD: text}, port=8000, running=False, detail=detail, needs=("packer",),
                log="ERROR cannot connect to 127.0.0.1:8001: connection refused, gave up")  # fmt: skip
    fleet = {"shop": shop, "packer": Unit(port=8001, listens=8001)}
    known = under_supervisord(fleet_of(fleet, "shop"), "shop", "packer")
    texts = [texts_after(fleet, plan.steps)[SUPERVISORD] for plan in all_proposed(known, red("shop"))]
    assert (text.replace("priority=10", "priority=21") in texts) is is_moved
