import pytest

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.waking import has_reload, put_to_work, refresh
from prunella.domain.plan import Step
from prunella.domain.tool import Risk, ToolSpec
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, first, proposed, scene

NGINX = "upstream shop {\n  server 127.0.0.1:9001;\n}\nserver {\n  listen 8080;\n}\n"
POSTGRES = "port = 5432\nmax_connections = 100\nwork_mem = 4MB\nshared_buffers = 64MB\n"
BROKEN = "port = 5432\nshared_buffers = 64MBB\nmax_connections = 100\nwork_mem = 4MB\n"
SAID = 'FATAL: invalid value for parameter "shared_buffers": "64MBB"'


def edge(**changes: object) -> dict[str, Unit]:
    unit = Unit({"edge/nginx.conf": NGINX}, port=8080, listens=8080, needs=("shop",), red=True, **changes)  # pyright: ignore[reportArgumentType] (fields of Unit by name)
    return {"edge": unit, "shop": Unit(port=9000, listens=9000)}


def server(text: str, **changes: object) -> dict[str, Unit]:
    return {"db": Unit({"db/postgresql.conf": text}, port=5432, listens=5432, **changes)}  # pyright: ignore[reportArgumentType] (fields of Unit by name)


def step_for(key: str, units: dict[str, Unit], name: str = "db") -> list[str]:
    case = Case(scene(units, name, Around(reloads=frozenset({name}))), brief_of(units))
    edit = Step(
        tool="config.set", arguments={"file": str(ROOT / "db/postgresql.conf"), "key": key, "value": "1"}, why=""
    )
    return [step.tool for step in put_to_work(case, (edit,))]


def test_a_running_service_is_reloaded_where_it_can_be():
    assert proposed(edge(), "edge", Around(reloads=frozenset({"edge"})))[1] == ("services.reload", "edge")
    assert proposed(edge(), "edge", Around())[1] == ("services.restart", "edge")


def test_a_stopped_one_is_started_whatever_it_could_do():
    units = edge(running=False)
    case = Case(scene(units, "edge", Around(reloads=frozenset({"edge"}))), brief_of(units))
    step = refresh(case, "edge")
    assert step is not None
    assert step.tool == "services.start"


def test_a_reload_that_did_not_help_is_followed_by_a_restart():
    facts = scene(edge(), "edge", Around(reloads=frozenset({"edge"})))
    tried = first(facts, brief_of(edge()))
    again = first(facts, brief_of(edge(), (tried,)))
    assert again.steps[0] == tried.steps[0]
    assert [step.tool for step in again.steps] == ["config.set", "services.restart"]


@pytest.mark.parametrize(("key", "tool"), [("work_mem", "reload"), ("max_connections", "restart"), ("port", "restart")])
def test_what_is_read_at_the_start_only_takes_a_restart(key: str, tool: str):
    assert step_for(key, server(POSTGRES, red=True)) == [f"services.{tool}"]


def test_a_fault_that_sleeps_is_mended_without_a_restart():
    units = server(BROKEN, preflight=SAID)
    [edit, *then] = proposed(units, "db", Around(reloads=frozenset({"db"})))
    assert edit[0] == "config.set"
    assert then == [("services.reload", "db")]
    assert [call[0] for call in proposed(units, "db", Around())] == ["config.set"]


def test_it_is_restarted_where_it_is_not_well_either():
    units = server(BROKEN, preflight=SAID, red=True)
    assert proposed(units, "db", Around())[1:] == [("services.restart", "db")]


def test_one_that_dies_again_and_again_is_not_told_to_reload():
    dying = {"db": Unit({"db/postgresql.conf": POSTGRES}, port=5432, listens=None)}
    assert step_for("work_mem", dying) == ["services.restart"]


def test_the_listed_tools_say_who_can_be_reloaded():
    spec = ToolSpec(
        name="services.reload", description="", risk=Risk.CHANGE, returns={},
        parameters={"properties": {"service": {"type": "string", "enum": ["edge"]}}},
    )  # fmt: skip
    units = edge()
    facts = scene(units, "edge", Around(reloads=frozenset({"shop"})))
    case = Case(facts, brief_of(units).model_copy(update={"tools": (spec,)}))
    assert has_reload(case, "edge")
    assert not has_reload(case, "shop")
    other = spec.model_copy(update={"name": "services.restart"})
    assert not has_reload(Case(facts, brief_of(units).model_copy(update={"tools": (other,)})), "edge")
