from prunella.brains.reflex.brain import think
from prunella.domain.lesson import Lesson, Standing
from prunella.domain.plan import Plan, Step, Unsure
from prunella.domain.supervisor import Listener
from prunella.memory.trouble import trouble_in
from tests.brains.reflex.paper import Unit, brief_of, facts_of, proposals, reference
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


RED = seen(FLEET, "desk", red=True, answer="the books are locked")
SET = Step(tool="config.set", arguments={"file": "/srv/fleet/desk/.env", "key": "WORKERS", "value": "8"})
RESTART = Step(tool="services.restart", arguments={"service": "desk"}, why="It reads its files at start.")


def lesson_for(units: dict[str, Unit], *steps: Step, **changes: object) -> Lesson:
    """A runbook that was proved on the trouble of `units`."""
    facts, brief = facts_of(units, "desk"), brief_of(units)
    lesson = Lesson(
        id="aa", trouble=trouble_in(facts, brief.report, brief.evidence), cause="Too few workers.", steps=steps,
        by="small", run="r1", standing=Standing.RUNBOOK, healed=2, learned=0.0, used=0.0, expires=0.0,
    )  # fmt: skip
    return lesson.model_copy(update=changes)


def proposal(units: dict[str, Unit], *lessons: Lesson, tried: tuple[Plan, ...] = ()) -> Plan | Unsure:
    brief = brief_of(units, tried).model_copy(update={"lessons": lessons})
    return think(facts_of(units, "desk"), brief)


def test_a_promoted_plan_is_proposed_where_nothing_else_follows():
    assert isinstance(proposal(RED), Unsure)
    plan = proposal(RED, lesson_for(RED, SET, RESTART))
    assert isinstance(plan, Plan)
    assert (plan.steps, plan.lesson, plan.cause) == ((SET, RESTART), "aa", "Too few workers.")
    assert plan.because == ("Runbook aa healed this 2 times; small found it in run r1.",)


def test_a_promoted_plan_comes_first_and_once():
    units = seen(FLEET, "stock", **DOWN)
    units = seen(units, "desk", red=True, stale=True, preflight="")
    own = proposal(units)
    assert isinstance(own, Plan)
    assert own.steps != (SET, RESTART)
    plan = proposal(units, lesson_for(units, SET, RESTART))
    assert isinstance(plan, Plan)
    assert plan.steps == (SET, RESTART)
    assert proposal(units, lesson_for(units, SET, RESTART), tried=(plan,)) == proposal(units, tried=(plan,))


def test_what_the_reflexes_think_of_too_still_follows_the_lesson():
    own = proposal(seen(FLEET, "stock", **DOWN))
    assert isinstance(own, Plan)
    same = proposal(seen(FLEET, "stock", **DOWN), lesson_for(seen(FLEET, "stock", **DOWN), *own.steps))
    assert isinstance(same, Plan)
    assert (same.steps, same.lesson) == (own.steps, "aa")


def test_only_a_runbook_for_this_very_trouble_is_followed():
    right = lesson_for(RED, SET, RESTART)
    other = right.trouble.model_copy(update={"fingerprint": "0"})
    reshaped = right.trouble.model_copy(update={"shape": "0"})
    for wrong in ({"standing": Standing.LESSON}, {"trouble": other}, {"trouble": reshaped}):
        assert isinstance(proposal(RED, right.model_copy(update=wrong)), Unsure)


def test_steps_that_are_so_already_are_left_out():
    done = SET.model_copy(update={"arguments": {**SET.arguments, "value": "4"}})
    gone = Step(tool="config.remove", arguments={"file": "desk/.env", "key": "NEVER_THERE"})
    written = Step(
        tool="config.replace_text",
        arguments={"file": "/srv/fleet/desk/rules.yaml", "old": "smallest: 11", "new": "smallest: 10"},
    )
    plan = proposal(RED, lesson_for(RED, done, gone, written, SET, RESTART))
    assert isinstance(plan, Plan)
    assert plan.steps == (SET, RESTART)
    assert isinstance(proposal(RED, lesson_for(RED, done, gone, written, RESTART)), Unsure)


def test_a_restart_alone_is_no_edit_that_was_made():
    plan = proposal(RED, lesson_for(RED, RESTART))
    assert isinstance(plan, Plan)
    assert plan.steps == (RESTART,)


def test_a_service_is_woken_as_it_is_found():
    units = seen(RED, "desk", running=False, listens=None, preflight="no")
    plan = proposal(units, lesson_for(units, SET, RESTART))
    assert isinstance(plan, Plan)
    assert [str(step) for step in plan.steps][1:] == ["services.start desk"]


def test_files_are_found_as_a_model_writes_them():
    for name in (".env", "desk/.env"):
        short = SET.model_copy(update={"arguments": {**SET.arguments, "file": name}})
        plan = proposal(RED, lesson_for(RED, short, RESTART))
        assert isinstance(plan, Plan)
        assert plan.steps == (SET, RESTART)


def test_what_is_not_of_this_fleet_any_more_drops_the_plan():
    elsewhere = SET.model_copy(update={"arguments": {**SET.arguments, "file": "/srv/fleet/desk/old.env"}})
    stranger = Step(tool="services.restart", arguments={"service": "gone"})
    for steps in ((elsewhere, RESTART), (SET, stranger)):
        assert isinstance(proposal(RED, lesson_for(RED, *steps)), Unsure)


WRONG = broken(
    "desk", "desk/.env", "WORKERS=4", "WORKERS=4x", preflight="error: WORKERS must be a number, got '4x'", **DOWN
)
GOOD = (reference("known good", "desk/.env", FLEET["desk"].files["desk/.env"], WRONG["desk"].files["desk/.env"]),)


def surely(*lessons: Lesson, tried: tuple[Plan, ...] = ()) -> Plan:
    """The proposal where the reflexes are as good as sure by themselves."""
    brief = brief_of(WRONG, tried).model_copy(update={"lessons": lessons})
    plan = think(facts_of(WRONG, "desk", GOOD), brief)
    assert isinstance(plan, Plan)
    return plan


def test_what_was_proved_comes_before_what_is_as_good_as_sure():
    level = Step(tool="config.set", arguments={**SET.arguments, "key": "LOG_LEVEL", "value": "DEBUG"})
    earlier = Plan(cause="", steps=(level,))
    assert surely(lesson_for(WRONG, level, SET, RESTART), tried=(earlier,)).lesson == "aa"


def test_the_plan_says_which_lesson_it_follows_however_sure_the_reflexes_are():
    own = surely()
    sets = [SET.model_copy(update={"arguments": {**SET.arguments, "value": str(n)}}) for n in range(20, 40)]
    others = [lesson_for(WRONG, each, RESTART) for each in sets]
    plan = surely(*others, lesson_for(WRONG, *own.steps, id="bb"))
    assert (plan.lesson, plan.key) == ("bb", own.key)
