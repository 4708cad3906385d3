"""Near-miss names: never another deed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.brains.mending.names import edits, meant, meant_parameter

TOOLS = ("config.set", "services.status", "services.restart", "services.start", "logs.read")


@pytest.mark.parametrize(
    "name",
    [
        "config.set", "Config.Set", "config_set", "config-set", "configset", "configSet", "functions.config.set",
        "functions.config_set", "tools/config_set", "mcp__config_set", "set_config", "SetConfig", "`config_set`",
        "config_set()", "config.set:0", "confg.set", "cofnig_set", "config_set<|channel|>commentary", " config set ",
    ],
)  # fmt: skip
def test_a_near_miss_is_meant(name: str):
    assert meant(name, TOOLS) == "config.set"


@pytest.mark.parametrize(
    "name",
    [
        "config_get", "config.unset", "config", "set", "", "restart_service", "services_stop", "services.stat",
        "services.restat.now", "kubernetes.services.restart", "remote_config_set", "x" * 5000, "logs.lead", "status",
    ],
)  # fmt: skip
def test_another_deed_stays_unknown(name: str):
    assert meant(name, TOOLS) is None


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("services_restart", ("services.start",)),
        ("services_stat", ("services.start",)),
        ("config_get", ("config.set",)),
        ("disk_unmount", ("disk.mount",)),
        ("key_decrypt", ("key.encrypt",)),
        ("feature_disable", ("feature.enable",)),
        ("node_detach", ("node.attach",)),
        ("pages_export", ("pages.import",)),
    ],
)
def test_the_opposite_is_never_a_typo(name: str, known: tuple[str, ...]):
    assert meant(name, known) is None


def test_two_that_are_as_near_are_none():
    assert meant("files.cleax", ("files.clean", "files.clear")) is None
    assert meant("a_b", ("a.b", "A_B", "ab")) is None
    assert meant("servces.status", ("services.status", "serves.status")) is None


def test_typos_can_be_left_out():
    assert meant("confg.set", TOOLS, with_typos=False) is None
    assert meant("set_config", TOOLS, with_typos=False) is None
    assert meant("Config.Set", TOOLS, with_typos=False) == "config.set"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("filename", "file"), ("file_path", "file"), ("File", "file"), ("serviceName", "service"), ("new_value", "value")],
)
def test_a_word_that_adds_nothing_is_let_go(name: str, parameter: str):
    assert meant_parameter(name, ("file", "service", "value")) == parameter


@pytest.mark.parametrize("name", ["old_value", "from_service", "profile", "min_value", "files_to_keep"])
def test_a_word_that_says_something_is_not(name: str):
    assert meant_parameter(name, ("file", "service", "value")) is None


@settings(max_examples=100, deadline=None)
@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_counted_alike_both_ways(one: str, two: str):
    assert edits(one, two, 9) == edits(two, one, 9)
    assert (edits(one, two, 9) == 0) == (one == two)
    assert edits(one, two, 1) == min(edits(one, two, 9), 2)
