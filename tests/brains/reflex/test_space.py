from prunella.domain.facts import DiskFacts, HeldFile
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, file_at, first, none_at_all, proposed, scene

MB = 1024 * 1024
UNITS = {
    "desk": Unit({"desk/.env": "LOG_LEVEL=DEBUG\nPORT=8080\n"}, port=8080, listens=8080, red=True),
    "stock": Unit(port=9100, listens=9100),
}
LOGS = {"desk": (ROOT / "log/desk.log",)}


def disk(free: int = 0, mount: str = "log", *, read_only: bool = False) -> DiskFacts:
    return DiskFacts(mount=ROOT / mount, total=100 * MB, free=free, inodes=1000, free_inodes=900, read_only=read_only)


def held(size: int) -> HeldFile:
    return HeldFile(path=ROOT / "log/stock.log", pid=7, size=size, service="stock")


def test_who_holds_a_deleted_file_opens_its_files_anew():
    around = Around(disks=(disk(),), held=(held(90 * MB),), reloads=frozenset({"stock"}))
    assert proposed(UNITS, "desk", around) == [("services.reload", "stock")]
    facts = scene(UNITS, "desk", around)
    tried = first(facts, brief_of(UNITS))
    assert tried.cause.startswith(f"{ROOT}/log/stock.log was deleted and is held open by stock (pid 7)")


def test_a_held_file_on_a_disk_with_room_is_nobodys_business():
    around = Around(disks=(disk(50 * MB),), held=(held(40 * MB),))
    none_at_all(scene(UNITS, "desk", around), brief_of(UNITS))


def test_a_small_one_is_not_what_fills_it():
    none_at_all(scene(UNITS, "desk", Around(disks=(disk(),), held=(held(MB),))), brief_of(UNITS))


def test_a_log_that_tells_all_is_emptied_and_tells_less():
    lying = (
        file_at("log/desk.log", size=3 * MB),
        file_at("log/desk.log.1", size=90 * MB),
        file_at("log/x", size=5 * MB),
    )
    around = Around(disks=(disk(),), logs=LOGS, paths={"desk": lying})
    assert proposed(UNITS, "desk", around) == [
        ("config.set", "desk/.env", "LOG_LEVEL", "INFO"),
        ("files.rotate_log", "log/desk.log.1"),
        ("services.restart", "desk"),
    ]


def test_what_is_no_log_is_named_and_left_to_a_human():
    around = Around(disks=(disk(),), logs=LOGS, paths={"desk": (file_at("log/core.77", size=90 * MB),)})
    unsure = none_at_all(scene(UNITS, "desk", around), brief_of(UNITS))
    assert f"The disk {ROOT}/log is full" in unsure.why
    assert f"{ROOT}/log/core.77 (92160 kB)" in unsure.why


def test_a_repair_on_a_read_only_disk_is_for_a_human_and_nothing_is_done_in_its_stead():
    units = {**UNITS, "desk": Unit({"desk/.env": "PORT=8081\n"}, port=8080, listens=8081, red=True, stale=True)}
    assert proposed(units, "desk", Around())[0] == ("config.set", "desk/.env", "PORT", "8080")
    around = Around(disks=(disk(50 * MB, "desk", read_only=True),))
    assert "mounted read-only" in none_at_all(scene(units, "desk", around), brief_of(units)).why
    elsewhere = Around(disks=(disk(50 * MB, "stock", read_only=True),))
    assert proposed(units, "desk", elsewhere)[0][0] == "config.set"
