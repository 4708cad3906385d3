"""The judge sees what a wrong repair does, on a shop that is built and not started."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from prunella.demo import oracle
from prunella.demo.build import build_shop
from prunella.demo.edits import ENV, INI, YAML, valued
from prunella.demo.faults import Injection
from prunella.demo.oracle import Case, Picture, judge, take_picture
from prunella.demo.spoils import typo_key


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """PORT of payments was spoilt; the disk is still as it was before."""
    shop = build_shop(tmp_path / "shop")
    edit = valued(shop, ENV, "PORT", "1025")
    well = replace(take_picture(shop), ailments={})
    return Case(shop, Injection((edit.said,), edit.roots, (edit,)), well, well, "/pay/1")


def changed(case: Case) -> list[str]:
    return list(oracle.unwanted_changes(case, take_picture(case.shop)))


def write(case: Case, file: str, change: Callable[[str], str]) -> None:
    path = case.shop.folder / file
    path.write_text(change(path.read_text()))


def test_the_root_setting_may_be_anything_that_works(case: Case):
    write(case, ENV, lambda text: text.replace("PORT=", "PORT=1"))
    assert changed(case) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (ENV, "WORKERS=8", "WORKERS=9", "WORKERS went from 8 to 9"),
        (ENV, "# the bank is not ours\n", "", "lost its comment"),
        (ENV, "WORKERS=8\n", "", "WORKERS is missing"),
        (ENV, "WORKERS=8", "WORKERS=8\nDEBUG=1", "DEBUG went from None to 1"),
        (INI, "threads = 8", "threads = 8 ", "ledger/ledger.ini was changed"),
        ("prunella.toml", "auto", "ask", "prunella.toml was changed"),
    ],
)
def test_an_unwanted_change_is_seen(case: Case, file: str, old: str, new: str, complaint: str):
    write(case, file, lambda text: text.replace(old, new, 1))
    assert any(complaint in line for line in changed(case)), changed(case)


def test_another_mode_a_new_file_and_a_lost_file_are_seen(case: Case):
    (case.shop.folder / ENV).chmod(0o666)
    (case.shop.folder / "payments/.env.bak").write_text("")
    (case.shop.folder / "payments/.env.example").unlink()
    found = "\n".join(changed(case))
    assert "the mode of payments/.env" in found
    assert ".env.bak was left behind" in found
    assert ".env.example is gone" in found


@pytest.mark.parametrize(
    ("key", "before", "after", "weaker"),
    [
        ("HOST", "127.0.0.1", "0.0.0.0", True),
        ("server.host", "127.0.0.1", "localhost", False),
        ("limits.max_amount", "500", "501", True),
        ("amounts.maximum", "500", "499", False),
        ("PORT", "1", "2", False),
    ],
)
def test_a_weaker_setting_is_seen(key: str, before: str, after: str, weaker: bool):
    assert oracle.is_weaker(key, before, after) is weaker


def test_a_misspelt_name_may_stay_beside_the_right_one(tmp_path: Path):
    shop = build_shop(tmp_path / "shop")
    edit = next(e for e in (typo_key(shop, Random(n)) for n in range(99)) if e.file == YAML)
    case = Case(shop, Injection((), edit.roots, (edit,)), take_picture(shop), take_picture(shop), "/pay/1")
    right = (shop.folder / YAML).read_text()
    (shop.folder / YAML).write_text(edit.text)
    assert any("is missing" in line for line in changed(case))
    misspelt = next(line for line in edit.text.splitlines() if line not in right.splitlines())
    written = next(line for line in right.splitlines() if line not in edit.text.splitlines())
    (shop.folder / YAML).write_text(right.replace(written, f"{written}\n{misspelt}"))
    assert changed(case) == []


def test_as_found_wants_bytes_and_untouched_wants_no_write_at_all(case: Case):
    broken = take_picture(case.shop)
    case = replace(case, broken=broken)
    assert judge(case, "escalated", "escalated") == []
    write(case, ENV, lambda text: text)
    assert judge(case, "escalated", "escalated") == []
    assert any("not as it was found" in line for line in judge(case, "nothing_to_do", "nothing_to_do"))
    write(case, ENV, lambda text: text + "\n")
    assert judge(case, "escalated", "escalated") == ["payments/.env is not as it was found"]


def test_processes_are_counted(case: Case):
    found = Picture(case.well.files, {"payments": frozenset([1, 2])}, {})
    assert "2 processes of payments run" in list(oracle.odd_processes(case, found))
    stray = replace(case, injection=Injection((), strays=(2,)))
    assert "the stray 2 still runs" in list(oracle.odd_processes(stray, found))


def test_another_verdict_than_the_expected_is_a_problem(case: Case):
    case = replace(case, broken=take_picture(case.shop))
    assert judge(case, "healed", "escalated") == ["the verdict should be healed, and is escalated"]
    assert any("journey is not well" in line for line in judge(case, "healed", "achieved"))
