from dataclasses import replace

from prunella.domain.brief import Brief
from prunella.domain.facts import DiskFacts, Facts, ServerFact
from prunella.domain.probe import DiskProbe
from prunella.domain.report import Reach, Reading, Report
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, calls, file_at, first, none_at_all, proposed, scene

MB = 1024 * 1024
FULL = DiskFacts(mount=ROOT / "data", total=100 * MB, free=0, inodes=0, free_inodes=0)
LOG = "ERROR could not extend file base/5/16: No space left on device"
UNITS = {
    "shop": Unit(port=8080, listens=8080, needs=("store",), red=True),
    "store": Unit(port=9100, log=LOG, running=False),
}
PATHS = {"store": (file_at("data", is_folder=True),)}


def junk(name: str, size: int, service: str = "store") -> ServerFact:
    fields = {"path": str(ROOT / "data" / name), "size": str(size), "mount": str(FULL.mount)}
    return ServerFact(code="disk.disposable", service=service, text=f"{name} is disposable", fields=fields)


def around(*told: ServerFact, disk: DiskFacts = FULL) -> Around:
    return Around(disks=(disk,), amiss={"store": told}, paths=PATHS)


def seen(units: dict[str, Unit], found: Around) -> Facts:
    """As `scene`, where the store declares its data folder."""
    facts = scene(units, "shop", found)
    store = facts.services["store"]
    declared = store.service.model_copy(update={"paths": (ROOT / "data",)})
    services = {**facts.services, "store": store.model_copy(update={"service": declared})}
    return facts.model_copy(update={"services": services})


def steps(units: dict[str, Unit], found: Around) -> list[tuple[str, ...]]:
    return calls(first(seen(units, found), brief_of(units)))


def test_the_one_file_that_frees_enough_goes_and_what_is_down_is_started() -> None:
    found = around(junk("a.tmp", 10 * MB), junk("core.7", 60 * MB), junk("b.tmp", 5 * MB))
    assert steps(UNITS, found) == [("files.discard", "data/core.7"), ("services.start", "store")]


def test_the_fewest_that_make_room_go_largest_first() -> None:
    small = [junk(f"{number}.tmp", 9 * MB) for number in range(6)]
    found = around(*small, junk("core.7", 12 * MB))
    assert steps(UNITS, found)[:-1] == [("files.discard", "data/core.7"), ("files.discard", "data/0.tmp")]


def test_what_runs_is_left_running() -> None:
    units = {**UNITS, "store": replace(UNITS["store"], running=True, listens=9100)}
    assert steps(units, around(junk("core.7", 60 * MB))) == [("files.discard", "data/core.7")]


def test_a_redis_that_could_not_save_saves_then() -> None:
    units = {**UNITS, "store": Unit(port=9100, listens=9100, log="MISCONF Redis is configured to save RDB snapshots")}
    failed = ServerFact(code="redis.save-failed", service="store", text="no save", fields={"stops_writes": "yes"})
    mild = failed.model_copy(update={"fields": {"stops_writes": "no"}})
    discard = ("files.discard", "data/temp-7.rdb")
    assert steps(units, around(junk("temp-7.rdb", 60 * MB), failed)) == [discard, ("redis.save", "store")]
    assert steps(units, around(junk("temp-7.rdb", 60 * MB), mild)) == [discard]


def test_a_full_disk_that_nobody_complains_of_is_left_alone() -> None:
    units = {**UNITS, "store": Unit(port=9100, listens=9100)}
    none_at_all(seen(units, around(junk("core.7", 60 * MB))), brief_of(units))


def test_a_red_disk_probe_is_a_complaint_and_says_how_much_is_wanted() -> None:
    units = {**UNITS, "shop": replace(UNITS["shop"], red=False), "store": Unit(port=9100, listens=9100)}
    facts = seen(units, around(junk("core.7", 30 * MB), junk("core.8", 40 * MB)))
    store = facts.services["store"]
    probe = DiskProbe(name="disk data", path=ROOT / "data/deep", free=50)
    declared = store.service.model_copy(update={"probes": (probe,)})
    services = {**facts.services, "store": store.model_copy(update={"service": declared})}
    facts = facts.model_copy(update={"services": services})
    reading = Reading(probe=probe.name, service="store", reach=Reach.WRONG, detail="less than 50 % free")
    plan = first(facts, Brief(goal="heal", report=Report(readings=(reading,))))
    assert calls(plan) == [("files.discard", "data/core.8"), ("files.discard", "data/core.7")]
    assert f"{ROOT}/data/core.8 (40960 kB)" in plan.cause


def test_a_disk_with_room_and_junk_elsewhere_are_nobodys_business() -> None:
    roomy = FULL.model_copy(update={"free": 50 * MB})
    units = {**UNITS, "store": Unit(port=9100, listens=9100, log=LOG)}
    none_at_all(seen(units, around(junk("core.7", 40 * MB), disk=roomy)), brief_of(units))
    elsewhere = junk("core.7", 60 * MB)
    elsewhere = elsewhere.model_copy(update={"fields": {**elsewhere.fields, "mount": "/elsewhere"}})
    none_at_all(seen(units, around(elsewhere)), brief_of(units))


def test_what_frees_little_is_still_tried_first_and_does_not_come_twice() -> None:
    units = {**UNITS, "store": Unit(port=9100, listens=9100, log=LOG)}
    found = around(junk("a.tmp", MB), junk("b.tmp", 2 * MB))
    assert proposed(units, "shop", found) == [("files.discard", "data/b.tmp"), ("files.discard", "data/a.tmp")]
    tried = first(scene(units, "shop", found), brief_of(units))
    none_at_all(scene(units, "shop", found), brief_of(units, (tried,)))
