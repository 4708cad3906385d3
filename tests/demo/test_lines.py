"""The demo's own reading of configuration agrees with the real parsers on the shop's files."""

from pathlib import Path

import pytest

from prunella.demo.build import Shop, build_shop
from prunella.demo.edits import ENV, INI, LIMITS, TOML, YAML
from prunella.demo.lines import line_of, settings, values, with_line


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return build_shop(tmp_path / "shop")


@pytest.mark.parametrize("file", [ENV, INI, LIMITS, TOML, YAML])
def test_lines_and_parsers_agree(shop: Shop, file: str):
    path = shop.folder / file
    scalars = {key: line.value for key, line in settings(path.read_text()).items() if line.value}
    parsed = {key: value for key, value in values(path).items() if not key.startswith("methods")}
    assert {key: value.casefold() for key, value in scalars.items()} == {k: v.casefold() for k, v in parsed.items()}
    assert len(scalars) >= 4


@pytest.mark.parametrize("file", [ENV, INI, LIMITS, TOML, YAML])
def test_every_line_is_written_back_as_it_was(shop: Shop, file: str):
    text = (shop.folder / file).read_text()
    for line in settings(text).values():
        assert with_line(text, line.number, str(line)) == text


def test_a_value_is_changed_inside_its_quotes_and_before_its_comment():
    text = '[server]\nhost = "127.0.0.1"  # ours\n'
    line = line_of(text, "server.host")
    assert with_line(text, line.number, str(line.valued("::1"))) == '[server]\nhost = "::1"  # ours\n'


def test_keys_are_nested_by_section_and_by_indentation():
    assert list(settings("a:\n  b: 1\n  c:\n    d: 2\ne: 3\n")) == ["a", "a.b", "a.c", "a.c.d", "e"]
    assert list(settings("x = 1\n[s.t]\ny = 2\n[u]\ny = 3\n")) == ["x", "s.t.y", "u.y"]
