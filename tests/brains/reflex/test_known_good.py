from tests.brains.reflex.paper import Unit, proposals, rank_of, reference, texts_after, with_text
from tests.brains.reflex.shopless import DESK, FLEET, RULES, broken, seen

DOWN = {"running": False, "listens": None}


def test_one_difference_is_put_back():
    units = broken("desk", "desk/.env", "WORKERS=4", "WORKERS=1", answer="504 timeout")
    known = reference("known good", "desk/.env", DESK, units["desk"].files["desk/.env"])
    plan = proposals(units, "desk", (known,))[0]
    assert texts_after(units, plan.steps)["desk/.env"] == DESK
    assert plan.because == ("known good: desk/.env WORKERS is '1', was '4'.",)


def test_later_edits_elsewhere_are_kept():
    now = DESK.replace("LOG_LEVEL=INFO", "LOG_LEVEL=WARNING").replace("WORKERS=4", "WORKERS=four")
    units = with_text(FLEET, "desk", "desk/.env", now, preflight="WORKERS: invalid literal for int(): 'four'", **DOWN)
    known = reference("known good", "desk/.env", DESK, now)
    assert rank_of(units, "desk", "desk/.env", now.replace("four", "4"), references=(known,)) == 1


def test_at_most_three_trials_of_one_reference():
    now = DESK.replace("=4", "=5").replace("INFO", "DEBUG").replace("tok-77", "tok-78").replace("# where", "# here")
    units = with_text(FLEET, "desk", "desk/.env", now + "EXTRA=1\nMORE=2\n", answer="oops")
    known = reference("known good", "desk/.env", DESK, now + "EXTRA=1\nMORE=2\n")
    units = seen(units, "stock", files={})
    assert 0 < len(proposals(units, "desk", (known,), most=9)) <= 3


def test_what_nothing_speaks_of_is_never_put_back_wholesale():
    now = DESK.replace("=4", "=5").replace("INFO", "DEBUG").replace("tok-77", "tok-78")
    units = seen(with_text(FLEET, "desk", "desk/.env", now, answer="oops"), "stock", files={})
    known = reference("known good", "desk/.env", DESK, now)
    plans = proposals(units, "desk", (known,), most=9)
    assert all(texts_after(units, plan.steps).get("desk/.env") != DESK for plan in plans)


def test_a_setting_that_was_not_there_is_taken_out():
    units = with_text(FLEET, "desk", "desk/.env", DESK + "FEE=0\n", answer="wrong amount")
    known = reference("known good", "desk/.env", DESK, DESK + "FEE=0\n")
    assert rank_of(units, "desk", "desk/.env", DESK, references=(known,)) == 1


def test_a_file_that_does_not_parse_loses_only_its_broken_lines():
    now = RULES.replace("    smallest: 10", "   smallest 10").replace("largest: 500", "largest: 900")
    units = with_text(FLEET, "desk", "desk/rules.yaml", now, preflight="bad yaml", **DOWN)
    known = reference("known good", "desk/rules.yaml", RULES, now)
    ours = RULES.replace("largest: 500", "largest: 900")
    assert rank_of(units, "desk", "desk/rules.yaml", (ours, RULES), references=(known,)) == 1


def test_a_text_without_editor_is_mended_hunk_by_hunk():
    good = "port 7\nbind 127.0.0.1\nmaxmemory 64mb\ntimeout 0\n"
    now = good.replace("64mb", "1").replace("timeout 0", "timeout 30")
    units = {
        "cache": Unit(
            {"cache/redis.conf": now},
            port=7,
            listens=7,
            tcp=True,
            answer="OOM command not allowed when used memory > 'maxmemory'",
        )
    }
    known = reference("known good", "cache/redis.conf", good, now)
    assert (
        rank_of(units, "cache", "cache/redis.conf", now.replace("maxmemory 1", "maxmemory 64mb"), references=(known,))
        == 1
    )


def test_an_example_speaks_only_of_what_an_error_speaks_of():
    example = DESK.replace("8080", "80").replace("tok-77", "changeme")
    units = broken("desk", "desk/.env", "WORKERS=4\n", "", preflight="KeyError: 'WORKERS'", **DOWN)
    beside = reference("desk/.env.example", "desk/.env", example, units["desk"].files["desk/.env"])
    plans = proposals(units, "desk", (beside,))
    assert texts_after(units, plans[0].steps)["desk/.env"] == DESK
    assert not any("changeme" in str(step) or " 80" in str(step) for plan in plans for step in plan.steps)


def test_a_token_that_agreed_while_healthy():
    units = broken("stock", "stock/stock.ini", "tok-77", "tok-66")
    units = seen(units, "desk", answer="401 unauthorized")
    good = FLEET["stock"].files["stock/stock.ini"]
    known = reference("known good", "stock/stock.ini", good, units["stock"].files["stock/stock.ini"])
    mine = reference("known good", "desk/.env", DESK, DESK)
    assert rank_of(units, "desk", "stock/stock.ini", good, references=(known, mine)) == 1
