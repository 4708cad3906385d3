from pathlib import Path

import pytest

from prunella.domain.facts import ConfigFacts, Facts, ServiceFacts
from prunella.domain.service import Fleet, Service
from prunella.domain.setting import Format, Setting
from prunella.domain.supervisor import Listener
from prunella.world.crossings import crossings

FOLDER = Path("/srv/shelf")


def told(*errors: str, ports: tuple[int, ...] = (), **settings: str) -> str:
    file = ConfigFacts(
        path=FOLDER / "app.ini", format=Format.INI, text="",
        settings=tuple(Setting(key=key.replace("__", "."), value=value, line=1) for key, value in settings.items()),
    )  # fmt: skip
    app = ServiceFacts(service=Service(name="app", folder=FOLDER), files=(file,))
    heard = tuple(Listener(host="127.0.0.1", port=port, pid=1, service="books") for port in ports)
    fleet = Fleet(name="shelf", path=FOLDER / "prunella.toml")
    facts = Facts(fleet=fleet, targets=("app",), services={"app": app}, listeners=heard)
    found = crossings(errors, [app], facts)
    return found.text if found else ""


def test_a_port_that_nobody_listens_on_is_traced_to_the_setting_that_names_it():
    text = told("GET http://127.0.0.1:6001/list: connection refused", ports=(6002,), books__url="http://127.0.0.1:6001")
    assert text.startswith(
        "nobody listens on 6001, which books.url=http://127.0.0.1:6001 in app.ini says; who listens: books on 6002"
    )
    assert not told("GET http://127.0.0.1:6002/list: odd answer", ports=(6002,), books__port="6002")
    assert not told("GET http://127.0.0.1:600/list: refused", books__port="6001")


def test_a_value_that_an_error_quotes_is_traced():
    assert "which depth=12.5 in app.ini says" in told("ValueError: invalid literal for int(): '12.5'", depth="12.5")
    assert "which api=v2 in app.ini says" in told("mismatch: client speaks v2", api="v2")


@pytest.mark.parametrize("value", ["3", "42", "true", "error"])
def test_what_occurs_by_chance_is_not_traced(value: str):
    assert not told(f"ERROR: try {value} of true error 42 and 3", level=value)


def test_a_misspelt_setting_is_traced_to_the_name_that_is_missed():
    text = told("KeyError: 'max_pages' is not set", shelf__max_pagse="7")
    assert text == "an error speaks of max_pages, which no file has; almost it: shelf.max_pagse=7 in app.ini"
    assert told("Check if PORT is right", port="7") == "an error speaks of PORT, which is set: port=7 in app.ini"
    assert not told("KeyError: 'max_pages' is not set", min_width="7")
