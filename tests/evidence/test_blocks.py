"""Blocks are the text again, cut at line ends, with the right numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.evidence.blocks import blocks_of
from prunella.evidence.templates import digest


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab\n", max_size=200), st.integers(min_value=1, max_value=30))
def test_blocks_are_the_text(text: str, size: int) -> None:
    data, seen = text.encode(), b""
    for block in blocks_of(text, size):
        assert block.offset == len(seen)
        assert block.first == data[: block.offset].count(b"\n") + 1
        seen += block.data
    assert seen == data


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["got 12 items", "got 7 items", "lost it", ""]), max_size=40))
def test_templates_count_every_line_once_wherever_blocks_end(rows: list[str]) -> None:
    text = "".join(f"{row}\n" for row in rows)
    for size in (16, 1 << 20):
        found = digest(blocks_of(text, size))
        assert sum(each.count for each in found.templates.values()) == len(rows) == found.lines
        got = found.templates.get(("got", "items"))
        places = [number for number, row in enumerate(rows, 1) if row.startswith("got")]
        assert (got is None) == (not places)
        if got:
            assert (got.first, got.last, got.count) == (places[0], places[-1], len(places))
