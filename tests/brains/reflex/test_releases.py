from prunella.brains.reflex.brain import think_of_all
from prunella.brains.reflex.case import Case
from prunella.domain.setting import FileState
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, file_at, none_at_all, proposed, scene

CRASHED = "MemoryError: cannot allocate 16 MB"
RELEASES = tuple(file_at(f"desk/releases/{n}", 0o755, is_folder=True) for n in ("1.9.0", "1.10.0", "1.10.1", "2.0.0"))


def desk(log: str = "") -> dict[str, Unit]:
    return {"desk": Unit(port=8080, listens=8080, log=log, red=bool(log))}


def around(*good: FileState) -> Around:
    link = file_at("desk/current", 0o777, link="releases/1.10.1")
    return Around(paths={"desk": (link, *RELEASES)}, good=good, reloads=frozenset({"desk"}))


def was(target: str) -> FileState:
    return FileState(path=ROOT / "desk/current", exists=True, mode=0o777, link=target)


def test_the_link_leads_where_it_led_on_a_better_day_and_the_process_is_a_new_one():
    steps = proposed(desk(CRASHED), "desk", around(was("releases/1.9.0")))
    assert steps == [("files.link", "desk/current", "releases/1.9.0"), ("services.restart", "desk")]


def test_without_one_a_failing_release_gives_way_to_the_one_before_it():
    assert proposed(desk(CRASHED), "desk", around())[0] == ("files.link", "desk/current", "releases/1.10.0")


def test_a_release_that_does_not_fail_is_not_taken_back():
    none_at_all(scene(desk(), "desk", around()), brief_of(desk()))
    none_at_all(scene(desk("502 Bad Gateway"), "desk", around()), brief_of(desk("502 Bad Gateway")))


def test_a_link_that_is_as_it_was_stays():
    units = desk("404 nothing here")
    none_at_all(scene(units, "desk", around(was("releases/1.10.1"))), brief_of(units))


def test_what_ails_those_it_needs_is_not_laid_at_the_door_of_a_release():
    crashed = {
        "desk": Unit(port=8080, listens=8080, log=CRASHED, red=True, needs=("stock",)),
        "stock": Unit(running=False),
    }
    assert proposed(crashed, "desk", around()) == [("services.start", "stock")]
    started = scene(crashed, "desk", around())
    assert "files.link" not in [
        step.tool for c in think_of_all(Case(started, brief_of(crashed))) for step in c.plan.steps
    ]
