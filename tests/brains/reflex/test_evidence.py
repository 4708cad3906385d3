"""What the words of an error allow, and what they do not: choices, names, paths, schemes, callers' ports."""

import pytest

from prunella.brains.reflex.brain import think
from prunella.domain.brief import Brief
from prunella.domain.plan import Plan
from prunella.domain.run import Attempt
from tests.brains.reflex.paper import Unit, facts_of, proposals, rank_of, reference, report_of, texts_after


@pytest.mark.parametrize(
    ("file", "good", "right", "wrong", "said"),
    [
        (
            "a.env",
            "MODE=production\n",
            "production",
            "prodution",
            'MODE: Value "prodution" not in choices [development,test,production]',
        ),
        (
            "a.toml",
            '[log]\nleast = "warning"\n',
            "warning",
            "warnings",
            'LOG:  invalid value for parameter "least": "warnings"\nHINT:  Available values: debug, info, warning.',
        ),
        (
            "a.toml",
            'shared = "128MB"\n',
            "128MB",
            "128M",
            'invalid value for parameter "shared": "128M"\nHINT:  Valid units for this parameter are "B", "kB", "MB".',
        ),
        (
            "a.toml",
            'shared = "128MB"\n',
            "128MB",
            "128M",
            'invalid value for parameter "shared": "128M"',
        ),
        ("a.yaml", "level:\n  root: INFO\n", "INFO", "INF0", 'Value: "INF0" under level.root'),
        ("a.json", '{"cache": {"ttlSeconds": 30}}', "ttlSeconds", "ttlSecond", '"cache.ttlSecond" is not allowed'),
        ("a.ini", "[store]\nspool_dir = spool\n", "= spool", "= spol", "FileNotFoundError: 'spol'"),
        ("a.toml", 'wal_dir = "wal"\n', '"wal"', '"wall"', "open wal: stat wall: no such file or directory"),
        (
            "a.yaml",
            "templates:\n  dir: templates\n",
            "dir: templates",
            "dir: template",
            "The directory '/srv/fleet/a/template' in the templates.dir setting does not exist.",
        ),
    ],
)
def test_the_error_leads_to_the_value(file: str, good: str, right: str, wrong: str, said: str):
    assert good.count(right) == 1
    units = {"a": Unit({f"a/{file}": good.replace(right, wrong)}, port=80, preflight=said, running=False)}
    assert rank_of(units, "a", f"a/{file}", good) == 1


@pytest.mark.parametrize("key", ["method", "engine"])
def test_no_choice_is_picked_blindly(key: str):
    said = f'invalid value for parameter "{key}": "cert"\nHINT:  Available values: trust, md5, scram.'
    units = {"a": Unit({"a/a.toml": f'{key} = "cert"\n'}, port=80, preflight=said, running=False)}
    assert all(step.tool != "config.set" for plan in proposals(units, "a") for step in plan.steps)


def test_a_word_that_is_no_path_stays_when_a_file_is_missing():
    text = "[app]\nqueue_mode = queu\n"
    units = {"a": Unit({"a/a.ini": text}, port=80, preflight="No such file or directory: 'queu'", running=False)}
    assert rank_of(units, "a", "a/a.ini", text.replace("queu\n", "queue\n")) is None


def fleet(text: str, keeper: str = "", log: str = "") -> dict[str, Unit]:
    return {
        "a": Unit({"a/a.toml": text}, port=80, listens=80, needs=("keeper",), red=True, log=log),
        "keeper": Unit({"keeper/k.toml": keeper}, port=9100, listens=9100),
    }


def test_a_name_that_the_other_side_defines():
    good, keeper = 'name = "clinic"\n', '[databases]\nclinic = "me"\narchive = "you"\n'
    units = fleet(good.replace("clinic", "clinik"), keeper, log='FATAL: database "clinik" does not exist')
    assert rank_of(units, "a", "a/a.toml", good) == 1


def test_a_port_at_which_a_service_was_refused_is_not_its_own():
    good = '[http]\nlisten = "127.0.0.1:80"\n[smarthost]\nport = 9100\n'
    units = fleet(good.replace("9100", "7432"), log="connect to 127.0.0.1:7432: Connection refused")
    assert rank_of(units, "a", "a/a.toml", good) == 1


@pytest.mark.parametrize(
    ("said", "rank"), [("server gave HTTP response to HTTPS client", 1), ("certificate expired", None)]
)
def test_a_scheme_of_its_own_follows_what_the_other_side_speaks(said: str, rank: int | None):
    good = '[upstream]\naddr = "127.0.0.1:9100"\nscheme = "http"\n'
    units = fleet(good.replace('"http"', '"https"'), log=f'error Get "https://127.0.0.1:9100/x": {said}')
    assert rank_of(units, "a", "a/a.toml", good) == rank


def test_a_protocol_that_is_not_supported():
    good = 'keeper_url = "http://127.0.0.1:9100"\n'
    said = 'error: https://127.0.0.1:9100: Protocol "https:" not supported. Expected "http:"'
    assert rank_of(fleet(good.replace("http:", "https:"), log=said), "a", "a/a.toml", good) == 1


def test_a_host_goes_back_to_how_it_was_written():
    good = 'keeper_url = "http://127.0.0.1:9100"\n'
    bad = good.replace("127.0.0.1", "localhots")
    units = fleet(bad, log="error: getaddrinfo ENOTFOUND localhots")
    known = (reference("known good", "a/a.toml", good, bad),)
    assert texts_after(units, proposals(units, "a", known)[0].steps, known)["a/a.toml"] == good


def test_ports_are_not_put_in_order():
    text = "port = 80\ndb_port = 9100\ntimeout = 2\n"
    units = fleet(text, log='error: failed: (s["db_port"], s["port"], s["timeout"]) Connection refused')
    assert all(step.tool != "config.set" for plan in proposals(units, "a") for step in plan.steps)


def test_a_start_that_just_failed_is_not_made_again():
    units = {"a": Unit({"a/.env": "PORT=80\n"}, port=80, running=False)}
    first = proposals(units, "a", most=1)
    facts, attempt = facts_of(units, "a"), Attempt(plan=first[0], came_of_it="it ended at once", ground=1)
    later = think(facts, Brief(goal="heal", report=report_of(units), attempts=(attempt,), ground=2))
    assert [step.tool for step in first[0].steps] == ["services.start"]
    assert not isinstance(later, Plan) or later.key != first[0].key
