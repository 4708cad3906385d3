from prunella.domain.facts import ServerFact
from prunella.domain.setting import FileState
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, calls, file_at, first, none_at_all, proposed, scene

UNITS = {"edge": Unit(port=8080, listens=8080, red=True, answer="403 Forbidden")}


def closed(usual_mode: str = "0755", usual_owner: str = "root:root", mode: str = "0700") -> ServerFact:
    fields = {
        "path": str(ROOT / "edge/www"), "user": "nobody", "mode": mode, "owner": "root:root",
        "usual_mode": usual_mode, "usual_owner": usual_owner, "known_from": "known good" if usual_mode else "",
    }  # fmt: skip
    return ServerFact(code="path.closed", service="edge", text="edge cannot enter edge/www", fields=fields)


def test_a_folder_gets_its_mode_back_and_nobody_is_restarted():
    assert proposed(UNITS, "edge", Around(amiss={"edge": (closed(),)})) == [("files.set_mode", "edge/www", "0755")]


def test_an_owner_comes_back_without_a_change_of_mode():
    amiss = {"edge": (closed("0700", "nobody:nogroup"),)}
    assert proposed(UNITS, "edge", Around(amiss=amiss)) == [("files.set_mode", "edge/www", "nobody:nogroup")]


def test_nothing_is_opened_to_everybody_and_nothing_without_a_witness():
    for fact in (closed("0777"), closed("")):
        unsure = none_at_all(scene(UNITS, "edge", Around(amiss={"edge": (fact,)})), brief_of(UNITS))
        assert "Edge cannot enter edge/www." in unsure.why


def test_what_had_other_rights_on_a_better_day_gets_them_back():
    was = FileState(path=ROOT / "edge/key.pem", exists=True, mode=0o640, uid=0, gid=7)
    around = Around(paths={"edge": (file_at("edge/key.pem", 0o600),)}, good=(was,))
    units = {"edge": Unit(port=8080, running=False, log=f"open() {ROOT}/edge/key.pem failed (13: Permission denied)")}
    plan = first(scene(units, "edge", around), brief_of(units))
    assert calls(plan) == [("files.set_mode", "edge/key.pem", "0640", "0:7"), ("services.start", "edge")]


def test_rights_that_are_as_they_were_are_left_alone():
    was = FileState(path=ROOT / "edge/key.pem", exists=True, mode=0o600)
    around = Around(paths={"edge": (file_at("edge/key.pem", 0o600),)}, good=(was,))
    none_at_all(scene(UNITS, "edge", around), brief_of(UNITS))
