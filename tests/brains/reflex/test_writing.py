"""Keys and syntax: what slips of the hand do to a file, without any reference."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.brains.reflex.syntax import mend
from prunella.configs.formats import editor_for
from prunella.domain.setting import Format
from prunella.errors import Unparsable
from tests.brains.reflex.paper import ROOT, Unit, config_facts, proposals, rank_of, texts_after, with_text
from tests.brains.reflex.shopless import DESK, FLEET, NEWS, RULES, STOCK, broken

DOWN: dict[str, Any] = {"running": False, "listens": None}
TOML = '[server]\nport = 8080\nname = "desk"\ntags = ["a", "b"]\n\n[limits]\nrate = 0.5\nstrict = true\n'
SAMPLES = {
    "a.yaml": "a:\n  level: \"info\"\n  file: 'a.log'\n  tags: [x, y]\n  max: 5\n",
    "a.json": NEWS.replace('"INFO"', '"INFO",\n  "list": [1, 2],\n  "deep": {"a": "b", "c": true}'),
    "a.toml": TOML,
    "a.ini": STOCK,
}


def breakages(file: str, good: str) -> list[str]:
    """Every text with one character less, of those that do not parse."""
    editor, found = editor_for(config_facts(ROOT / file, good).format), list[str]()
    assert editor
    for at, character in enumerate(good):
        if not character.isalnum() and character not in " ._-#/\n":
            bad = good[:at] + good[at + 1 :]
            try:
                editor.settings(bad)
            except Unparsable:
                found.append(bad)
    return found


@pytest.mark.parametrize("file", SAMPLES)
def test_a_lost_character_is_found_again(file: str):
    good = SAMPLES[file]
    wanted = {(s.key, s.value) for s in config_facts(ROOT / file, good).settings}
    cases = breakages(file, good)
    hits = 0
    for bad in cases:
        texts = [m.text for m in mend(config_facts(ROOT / file, bad))[:3]]
        hits += any({(s.key, s.value) for s in config_facts(ROOT / file, t).settings} == wanted for t in texts)
    assert cases
    assert hits >= 0.9 * len(cases), f"{hits} of {len(cases)}"


def test_every_wrong_indent_of_a_line_is_found():
    lines, missed = RULES.split("\n"), list[str]()
    for index, line in enumerate(lines[:-1]):
        for step in (-2, -1, 1, 2, 3):
            moved = " " * max(0, len(line) - len(line.lstrip()) + step) + line.lstrip()
            bad = "\n".join([*lines[:index], moved, *lines[index + 1 :]])
            config = config_facts(ROOT / "r.yaml", bad)
            if config.fault and RULES not in [m.text for m in mend(config)[:3]]:
                missed.append(bad)
    assert len(missed) <= 1, missed


@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("r.yaml", RULES, RULES.replace("  currency", "\tcurrency")),
        ("r.yaml", RULES, RULES.replace("limits:", "limits")),
        ("r.yaml", RULES, "<<<<<<< HEAD\n" + RULES + "=======\norders: {}\n>>>>>>> other\n"),
        ("r.yaml", RULES, RULES.replace("trade]", "trade")),
        ("s.ini", STOCK, STOCK.replace("[auth]", "auth]")),
        ("n.json", NEWS, NEWS.replace("\n}\n", "\n")),
        ("n.json", NEWS, NEWS.replace('"INFO"', '"INFO",')),
        ("t.toml", TOML, TOML.replace("port = 8080", "port 8080")),
        ("t.toml", TOML, TOML.replace("port = 8080", "port = 8080\nport = 8081")),
        ("t.toml", TOML, TOML.replace("true", "True")),
    ],
)
def test_the_first_mend_is_the_right_one(file: str, good: str, bad: str):
    assert mend(config_facts(ROOT / file, bad))[0].text.strip() == good.strip()


def test_two_faults_in_one_file_are_mended_together():
    bad = TOML.replace("[server]", "[server").replace("strict = true", "strict = True")
    found = mend(config_facts(ROOT / "t.toml", bad))
    assert found[0].text == TOML
    assert len(found[0].mends) == 2


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 200), st.sampled_from("\"'[]{}:,=\t#-&*@x\n"))
def test_whatever_is_called_mended_parses(file: str, at: int, character: str):
    good = SAMPLES[file]
    config = config_facts(ROOT / file, good[:at] + character + good[at:])
    for mended in mend(config) if config.fault else ():
        assert config_facts(ROOT / file, mended.text).fault == ""


def test_steps_lead_to_the_mended_text_with_crlf():
    bad = TOML.replace("[limits]", "[limits").replace("\n", "\r\n")
    units = {"a": Unit({"a/t.toml": bad}, port=1, preflight="bad", **DOWN)}
    after = texts_after(units, proposals(units, "a")[0].steps)["a/t.toml"]
    assert after == TOML.replace("\n", "\r\n")
    assert tomllib.loads(after)["limits"]["strict"] is True


@pytest.mark.parametrize(
    ("service", "file", "right", "wrong", "said"),
    [
        ("desk", "desk/.env", "STOCK_TOKEN", "STOCK_TOKN", "KeyError: 'STOCK_TOKEN'"),
        ("desk", "desk/.env", "STOCK_TOKEN", "stock_token", "STOCK_TOKEN is not set"),
        ("desk", "desk/.env", "WORKERS=", "WORKERS ", "missing required setting: WORKERS"),
        ("desk", "desk/.env", "WORKERS=4", "# WORKERS=4", "Missing environment variable WORKERS"),
        ("desk", "desk/rules.yaml", "currency: EUR", "currancy: EUR", "orders.currency is required"),
        ("desk", "desk/rules.yaml", "  currency: EUR\n", "", "KeyError: 'currency'"),
        ("stock", "stock/stock.ini", "token =", "tokn =", "No option 'token' in section: 'auth'"),
        ("news", "news/news.json", "log_level", "log_lvl", "Unknown option 'log_lvl'. Did you mean 'log_level'?"),
        ("desk", "desk/.env", "PORT=8080\n", "", "PORT\n  Field required [type=missing, input_value={}]"),
        ("desk", "desk/.env", "STOCK_URL=http://127.0.0.1:9100/v1\n", "", "STOCK_URL is not set"),
    ],
)  # fmt: skip
def test_a_key_that_is_asked_for_is_supplied(service: str, file: str, right: str, wrong: str, said: str):
    units = broken(service, file, right, wrong, preflight=said, **DOWN)
    texts = [texts_after(units, plan.steps)[file] for plan in proposals(units, service)]
    wanted = _values(file, FLEET[service].files[file])
    assert wanted in [_values(file, text) for text in texts[:1]]


def _values(file: str, text: str) -> set[tuple[str, str]]:
    """Settings without the path of a URL, which nobody else knows."""
    return {(s.key, (s.value or "").removesuffix("/v1")) for s in config_facts(ROOT / file, text).settings}


def test_a_key_set_twice_loses_the_line_that_is_wrong():
    text = DESK + "WORKERS=900\n"
    units = with_text(FLEET, "desk", "desk/.env", text, preflight="WORKERS must be between 1 and 64", **DOWN)
    assert (
        rank_of(units, "desk", "desk/.env", (DESK, DESK + "WORKERS=4\n", DESK.replace("WORKERS=4\n", ""))) or 9
    ) <= 3


def test_a_file_of_another_format_is_never_guessed_at():
    assert config_facts(ROOT / "x.conf", "listen 80;").format is Format.TEXT
