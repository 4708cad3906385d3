from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.incidents import mutator_slips as slips
from bench.incidents.mutator_hunks import Hunk, apply, hunks
from bench.incidents.mutator_lines import settings_of, with_lines

_words = st.text("abcdefgh0123456789_", min_size=2, max_size=12)
_lines = st.lists(st.sampled_from(["a = 1\n", "b = 2\n", "c = 3\n", "\n", "d = 4\n"]), max_size=12)


@given(word=_words, seed=st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_a_typo_is_one_slip_away_and_never_the_word_itself(word: str, seed: int) -> None:
    slipped = slips.typo(word, Random(seed))
    assert slipped is not None
    assert slipped != word
    assert abs(len(slipped) - len(word)) <= 1


def test_keys_beside_are_neighbours_on_the_keyboard_in_the_same_case() -> None:
    assert set(slips.beside("g")) == set("rtyfhvbn")
    assert "1" in slips.beside("q")
    assert "H" in slips.beside("G")
    assert "p" not in slips.beside("a")


@given(number=st.integers(10, 99_999), seed=st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_a_wrong_number_is_another_one_and_keeps_what_stands_around_it(number: int, seed: int) -> None:
    wrong = slips.wrong_number(f"port:{number};", Random(seed))
    assert wrong is not None
    assert wrong.startswith("port:")
    assert wrong.endswith(";")
    assert wrong != f"port:{number};"


def test_units_and_paths_and_switches_are_got_wrong_only_where_there_are_some() -> None:
    rng = Random(1)
    assert slips.wrong_unit("fast", rng) is None
    assert slips.wrong_unit("64mb", rng) not in {None, "64mb"}
    assert slips.wrong_path("redis://host/0", rng) is None
    assert slips.wrong_path("jobs", rng) is None
    assert slips.other_choice("True", rng) == "False"
    assert slips.other_choice("noeviction", rng) is None


def test_settings_of_every_format_are_found_with_their_sections() -> None:
    nginx = "http {\n    server {\n        listen 127.0.0.1:80; # door\n    }\n}\nuser nobody;\n"
    assert [(line.key, line.value) for line in settings_of(nginx, "edge/nginx.conf")] == [
        ("http.server.listen", "127.0.0.1:80"),
        ("user", "nobody"),
    ]
    yaml = "currency: EUR\nlimits:\n  amount: 5 # cents\nworkers: 2\n"
    assert [line.key for line in settings_of(yaml, "a/config.yaml")] == ["currency", "limits.amount", "workers"]
    ini = "[server]\nport = 1 ; door\n[rules]\nlimit = 2\n"
    assert [(line.key, line.value) for line in settings_of(ini, "a/b.ini")] == [
        ("server.port", "1"),
        ("rules.limit", "2"),
    ]
    redis = "# comment\nmaxmemory 64mb\n"
    assert [(line.key, line.value) for line in settings_of(redis, "redis/redis.conf")] == [("maxmemory", "64mb")]
    haproxy = "backend pay\n    server a 127.0.0.1:1 check\n"
    assert [line.key for line in settings_of(haproxy, "haproxy/haproxy.cfg")] == ["backend pay.server"]


@given(text=_lines)
@settings(max_examples=60, deadline=None)
def test_every_line_can_be_written_again_byte_by_byte(text: list[str]) -> None:
    whole = "".join(text)
    for line in settings_of(whole, "a/b.ini"):
        assert with_lines(whole, line.number, str(line)) == whole


@given(before=_lines, after=_lines)
@settings(max_examples=100, deadline=None)
def test_hunks_lead_from_one_text_to_the_other(before: list[str], after: list[str]) -> None:
    assume(len(set(before)) == len(before))
    one, other = "".join(before), "".join(after)
    changes = hunks(one, other)
    assume(len(changes) == 1)
    assert apply(one, changes) == other


def test_a_hunk_finds_its_line_after_others_were_edited_and_replaces_one_that_was() -> None:
    change = Hunk(1, "a = 1\n", ("b = 2\n",), ("b = x\n",))
    assert apply("new = 0\na = 1\nb = 2\n", [change]) == "new = 0\na = 1\nb = x\n"
    assert apply("a = 1\nb = 7\n", [change]) == "a = 1\nb = x\n"


def test_of_two_places_that_fit_the_one_nearest_to_where_it_stood_is_meant() -> None:
    text = "x {\na = 1\n}\nx {\na = 1\n}\n"
    mutated = "x {\na = 1\n}\nx {\na = 2\n}\n"
    assert apply("new = 0\n" + text, hunks(text, mutated)) == "new = 0\n" + mutated
