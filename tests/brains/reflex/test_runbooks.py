from prunella.brains.reflex.brain import think
from prunella.domain.plan import Unsure
from prunella.domain.service import Listener
from tests.brains.reflex.paper import brief_of, facts_of, proposals
from tests.brains.reflex.shopless import DESK, FLEET, broken, seen

DOWN = {"running": False, "listens": None}
STRAY = Listener(host="127.0.0.1", port=8080, pid=5, command="run desk", service="desk", is_stray=True)
FOREIGN = Listener(host="127.0.0.1", port=8080, pid=5, command="nc -l 8080")
TAKEN = "OSError: [Errno 98] Address already in use"


def steps(*args: object, **kwargs: object) -> list[str]:
    found = proposals(*args, **kwargs)  # pyright: ignore[reportArgumentType] (passed on)
    return [str(step) for step in found[0].steps] if found else []


def test_what_is_stopped_is_started():
    assert steps(seen(FLEET, "desk", preflight="", **DOWN), "desk") == ["services.start desk"]


def test_what_it_needs_comes_first():
    assert steps(seen(FLEET, "stock", **DOWN), "desk") == ["services.start stock"]
    both = seen(seen(FLEET, "stock", **DOWN), "desk", **DOWN)
    assert steps(both, "desk") == ["services.start stock", "services.start desk"]


def test_nothing_is_started_on_a_red_preflight():
    assert steps(seen(FLEET, "desk", preflight="no idea", **DOWN), "desk") == []


def test_a_neighbour_that_nobody_needs_is_not_started():
    assert steps(seen(FLEET, "news", **DOWN), "desk") == []


def test_a_stray_gives_the_address_back():
    units = seen(FLEET, "desk", log=TAKEN, preflight="", **DOWN)
    assert steps(units, "desk", listeners=(STRAY,)) == ["services.free_address desk 8080", "services.start desk"]


def test_a_foreign_process_is_left_alone_and_named():
    units = seen(FLEET, "desk", log=TAKEN, preflight="", **DOWN)
    proposal = think(facts_of(units, "desk", (), (FOREIGN,)), brief_of(units))
    assert isinstance(proposal, Unsure)
    assert "held by nc -l 8080 (pid 5), which is not ours" in proposal.why


def test_a_process_older_than_its_files_is_restarted():
    assert steps(seen(FLEET, "desk", red=True, stale=True, preflight=""), "desk") == ["services.restart desk"]
    assert steps(seen(FLEET, "desk", red=True, stale=True, preflight="broken"), "desk") == []


def test_a_process_that_used_up_its_means_is_restarted():
    units = seen(FLEET, "desk", red=True, log="ERROR OSError: [Errno 24] Too many open files")
    assert steps(units, "desk") == ["services.restart desk"]


def test_a_wrong_answer_alone_is_no_reason_to_do_anything():
    assert steps(seen(FLEET, "desk", red=True), "desk") == []


def test_a_rejected_credential_is_fetched_from_its_secret():
    units = broken("desk", "desk/.env", "STOCK_TOKEN=tok-77", "STOCK_TOKEN=tok-66", secrets=("STOCK_TOKEN",))
    units = seen(units, "stock", files={})
    units = seen(units, "desk", answer="stock: 401 unauthorized, token rejected")
    assert steps(units, "desk")[0].endswith("STOCK_TOKEN secret:STOCK_TOKEN")


def test_an_unsure_answer_says_what_was_ruled_out():
    units = seen(FLEET, "desk", red=True, preflight="", answer="", env={"PORT": "1234"})
    units = seen(units, "desk", log="ERROR bank unreachable: connection refused 127.0.0.1:7999")
    proposal = think(facts_of(units, "desk"), brief_of(units))
    assert isinstance(proposal, Unsure)
    assert "desk is running, its pre-flight is green, its files parse." in proposal.why
    assert "Outside of this fleet, and out of reach: 127.0.0.1:7999." in proposal.why
    assert "The fleet file sets PORT for desk, which shadows desk/.env PORT." in proposal.why


def test_a_fixed_need_wakes_the_target_that_waited():
    units = broken("stock", "stock/stock.ini", "port = 9100", "port = 9200", listens=9200)
    units = seen(units, "desk", preflight="", **DOWN)
    chosen = [[str(step).split()[0:2] for step in plan.steps] for plan in proposals(units, "desk")]
    assert ["services.start", "desk"] in [plan[-1] for plan in chosen if len(plan) == 3]
    assert DESK
