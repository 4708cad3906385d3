"""What errors say between the lines: switches, figures, types, names without a value that would be right."""

import pytest

from tests.brains.reflex.paper import Unit, proposals, rank_of, reference, texts_after

DOWN = {"running": False, "listens": None}
UP = {"port": 80, "listens": 80}


@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        ("a.yaml", "features:\n  accept_orders: true\n", "true|false", "503 orders are off (features.accept_orders)"),
        ("a.ini", "[app]\nmaintenance = false\n", "false|true", "503 closed for maintenance"),
        ("a.ini", "[db]\nread_only = false\n", "false|true", "500 attempt to write a readonly database"),
        ("a.yaml", "fee:\n  rate_percent: 1.5\n", "1.5|15", "the fee was 188, 19 expected (1.5 percent of 1250)"),
        ("a.toml", "# default: 2000\ntimeout_ms = 2000\n", "ms = 2000|ms = 2", "504: upstream timed out after 2 ms"),
        ("a.ini", "[limits]\n; default 64\nmax_body = 64\n", "= 64|= 1", "413 body exceeds max_body 1"),
        ("a.env", "FEE=2\n", "2|0", "expected fee 2, got 0"),
    ],
)
def test_a_running_service_says_what_is_wrong(file: str, good: str, bad: str, said: str):
    right, wrong = bad.split("|")
    assert good.count(right) == 1
    units = {"a": Unit({f"a/{file}": good.replace(right, wrong)}, port=80, listens=80, answer=said)}
    assert rank_of(units, "a", f"a/{file}", good) == 1


@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        ("a.toml", "max = 30\n", 'max = "30"\n', "invalid type: str `30` for `max`, expected int"),
        ("a.json", '{"port": 80}', '{"port": "80"}', '"port" must be a number'),
        ("a.toml", 'version = "2"\n', "version = 2\n", "version: expected string, got int"),
        ("a.json", '{"strict": true}', '{"strict": "true"}', '"strict" must be a boolean'),
    ],
)
def test_a_value_of_the_wrong_type_is_rewritten(file: str, good: str, bad: str, said: str):
    units = {"a": Unit({f"a/{file}": bad}, port=80, preflight=said, running=False)}
    assert rank_of(units, "a", f"a/{file}", good) == 1


def test_a_path_is_led_back_to_what_the_comment_says():
    text = "[storage]\n; default data/a.db\ndatabase = dtaa/a.db\n"
    log = "sqlite3.OperationalError: unable to open database file"
    units = {"a": Unit({"a/a.ini": text}, port=80, log=log, running=False)}
    assert rank_of(units, "a", "a/a.ini", text.replace("dtaa", "data")) == 1


def test_who_stands_in_front_is_mended_when_it_complains():
    text = "[limits]\nmax_amount = 500\n"
    units = {
        "door": Unit(
            {"door/d.ini": text}, port=81, listens=81, needs=("till",), log="ERROR amount 900 is above max_amount 500"
        ),
        "till": Unit({"till/t.ini": "[till]\nmax_amount = 50000\n"}, port=80, listens=80, answer="413"),
    }
    assert rank_of(units, "till", "door/d.ini", text.replace("500", "50000")) == 1


def test_fields_of_a_log_are_no_settings():
    log = 'time="12:00" level=ERROR svc=a msg="upstream b: connection refused"'
    units = {
        "a": Unit({"a/a.toml": 'log_level = "info"\n'}, port=80, listens=80, needs=("b",), log=log, answer="502"),
        "b": Unit({"b/.env": "LOG_LEVEL=INFO\n"}, port=81, listens=81),
    }
    assert proposals(units, "a") == []


def test_a_comment_above_lists_the_choices():
    text = "# one of: fast, slow\nmode: fsat\n"
    units = {"a": Unit({"a/a.yaml": text}, port=80, log="ValueError: mode", running=False)}
    assert texts_after(units, proposals(units, "a")[0].steps)["a/a.yaml"] == text.replace("fsat", "fast")


def test_a_comment_left_behind_says_what_was_below_it():
    text = "[storage]\n; default data/a.db\n; one of: wal, memory\njournal = wal\n"
    said = "configparser.NoOptionError: No option 'database' in section: 'storage'"
    units = {"a": Unit({"a/a.ini": text}, port=80, preflight=said, running=False)}
    assert "database = data/a.db" in texts_after(units, proposals(units, "a")[0].steps)["a/a.ini"]


def test_an_example_never_empties_a_secret():
    text, example = "API_KEY=abc\n", "API_KEY=\n"
    units = {"a": Unit({"a/.env": text}, port=80, listens=80, answer="401 unauthorized: API_KEY rejected")}
    beside = reference("a/.env.example", "a/.env", example, text)
    assert proposals(units, "a", (beside,)) == []
