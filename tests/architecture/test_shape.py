"""How long things may be, and what may not be named where."""

import re
import subprocess
from statistics import median

from tests.architecture.modules import ROOT, SOURCE, code_strings_and_names, functions, modules

LONGEST_FUNCTION = 40
LONGEST_MODULE = 400
SHOP_WORDS = re.compile(r"(?i)(?<![a-z])(ledger|payments|gateway|bookshop)(?![a-z])")
MAY_NAME_THE_SHOP = {
    "cli/demo.py",  # tells the user what the demo builds
    "cli/main.py",  # examples in the help
    "brains/reflex/vocabulary.py",  # a dictionary of settings' words, `gateway` among them
}
WORKPLACE = re.compile(
    "|".join(("(?<![\\w.])/" + "work/", r"\.\./" + "shared", "issue #?" + r"\d+\b(?! of)", "/tmp/" + "brief"))
)


def test_no_function_is_long() -> None:
    assert [f"{each.place}: {each.lines} lines" for each in functions() if each.lines > LONGEST_FUNCTION] == []


def test_functions_are_short() -> None:
    assert median(each.lines for each in functions()) <= 7


def test_no_module_is_long() -> None:
    lines = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


def test_nothing_outside_the_demo_knows_the_shop() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text!r}"
        for path in modules()
        if SOURCE / "demo" not in path.parents and str(path.relative_to(SOURCE)) not in MAY_NAME_THE_SHOP
        for line, text in code_strings_and_names(path)
        if SHOP_WORDS.search(text)
    ]
    assert found == []


def test_nothing_tracked_names_the_workplace() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=30, check=True).stdout
    found: list[str] = []
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode(errors="replace")
        found += [f"{name}: {match[0]}" for match in WORKPLACE.finditer(text)]
    assert found == []


def test_modules_are_not_named_after_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "manager", "base", "core", "data", "info", "misc"}
    assert [path for path in modules() if path.stem in empty_words or path.parent.name in empty_words] == []
