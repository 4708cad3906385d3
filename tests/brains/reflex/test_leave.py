from prunella.brains.reflex.brain import think
from prunella.domain.brief import Brief, Rejection
from prunella.domain.plan import Plan, Unsure
from tests.brains.reflex.paper import Unit, reference
from tests.brains.reflex.paper_servers import fleet_of, proposed, red, said

ASKS = "postgres.terminate_backend asks by default. A human would have to be asked. Find a repair that does without."
UNITS = {
    "shop": Unit(port=8000, listens=8000, needs=("orders-db",), stale=True),
    "orders-db": Unit(),
}
BLOCKED = said("postgres.blocked", "orders-db", pid=812, state="idle", kind="client backend", blocked=3)


def second(reason: str, ground: int = 0) -> Plan | Unsure:
    """What is proposed after the first plan was rejected for that reason."""
    facts = fleet_of(UNITS, "shop", BLOCKED)
    first = proposed(facts, red("shop"))
    assert first is not None
    assert first.steps[0].tool == "postgres.terminate_backend"
    rejection = Rejection(plan=first.key, steps=str(first.steps[0]), reasons=(reason,), ground=ground)
    return think(facts, Brief(goal="heal", report=red("shop"), rejections=(rejection,)))


def test_while_the_plain_repair_waits_for_leave_no_weaker_guess_is_made() -> None:
    assert isinstance(second(ASKS), Unsure)


def test_what_was_rejected_for_itself_makes_room_for_the_next_best() -> None:
    assert isinstance(second("it is not that session any more"), Plan)


def test_on_another_ground_nothing_waits() -> None:
    plan = second(ASKS, ground=1)
    assert isinstance(plan, Plan)
    assert plan.steps[0].tool == "postgres.terminate_backend"


def test_what_was_good_before_is_tried_while_a_question_waits() -> None:
    file, now = "shop/.env", "WORKERS=1\n"
    units = {**UNITS, "shop": Unit({file: now}, port=8000, listens=8000, needs=("orders-db",))}
    facts = fleet_of(units, "shop", BLOCKED, references=(reference("known good", file, "WORKERS=8\n", now),))
    first = proposed(facts, red("shop"))
    assert first is not None
    rejection = Rejection(plan=first.key, steps=str(first.steps[0]), reasons=(ASKS,))
    plan = think(facts, Brief(goal="heal", report=red("shop"), rejections=(rejection,)))
    assert isinstance(plan, Plan)
    assert plan.steps[0].arguments["value"] == "8"
