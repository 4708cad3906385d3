"""The deciding line is in the excerpt, and the excerpt is within its budget."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.evidence.focus import focus, shortened

CORE = "could not open TLS key /etc/ssl/x.pem: permission denied"
CHATTER = "2025-03-07 10:00:00 INFO GET /orders/{0} 200\n2025-03-07 10:00:00 ERROR broken pipe, client 10.0.0.{0}\n"


def log(place: int, line: str, pairs: int = 400) -> str:
    rows = "".join(CHATTER.format(number) for number in range(pairs)).splitlines()
    rows.insert(place, line)
    return "\n".join(rows) + "\n"


def test_the_line_is_shown_with_its_number_whatever_its_level() -> None:
    for level in ("ERROR", "INFO", ""):
        excerpt = focus(log(417, f"2025-03-07 10:00:01 {level} {CORE}"), "the shop is down")
        assert f"418: 2025-03-07 10:00:01 {level} {CORE}" in excerpt


def test_repeated_lines_take_one_row_and_say_how_often() -> None:
    excerpt = focus(log(300, CORE), "down")
    assert excerpt.count("broken pipe") <= 3
    assert "(400 alike, last in line 801)" in excerpt


def test_first_and_last_lines_are_there_and_gaps_are_marked() -> None:
    rows = focus(log(300, CORE), "down").splitlines()
    assert rows[0].startswith("1: ")
    assert rows[-1].startswith("801: ")
    assert "…" in rows


def test_a_short_text_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\n", encoding="utf-8")
    assert focus("one\ntwo\n", "") == focus(path, "") == "one\ntwo\n"


def test_a_line_in_a_line_of_a_megabyte() -> None:
    excerpt = focus("x" * 30_000 + f" {CORE} " + "y" * 1_000_000, "down")
    assert CORE in excerpt
    assert len(excerpt) <= 2_500


def test_a_file_says_the_same_as_its_text(tmp_path: Path) -> None:
    path, text = tmp_path / "a.log", log(100, CORE)
    path.write_text(text, encoding="utf-8")
    assert focus(path, "down") == focus(text, "down")


def test_the_root_of_a_stack_trace_is_shown_before_its_frames() -> None:
    trace = 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in run\n    go()'
    excerpt = focus(log(200, f"{trace}\nKeyError: 'PAYMENT_SECRET'"), "down", 700)
    assert "KeyError: 'PAYMENT_SECRET'" in excerpt


def test_shortened_keeps_the_trouble() -> None:
    assert shortened("a" * 500 + " permission denied " + "b" * 500, 80).count("permission denied") == 1
    assert len(shortened("a" * 500, 80)) <= 80


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=3_000), st.integers(min_value=20, max_value=1_000))
def test_it_is_never_longer_than_its_budget(text: str, budget: int) -> None:
    assert len(focus(text, "anything", budget)) <= budget
