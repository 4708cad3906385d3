"""How much of a corpus of secrets is caught, and how much of what is none. Patterns were written with the even shapes
and lines in view only; the odd ones are held out.
"""

import random

import pytest

from prunella.redaction.redactor import REDACTED, Redactor
from tests.redaction.corpus import INNOCENT, SHAPES, filled, innocents, leaks, secrets, spellings

HELD_OUT = frozenset(list(SHAPES)[1::2])


@pytest.mark.parametrize("held_out", [False, True])
def test_secrets_of_many_shapes_are_caught(held_out: bool) -> None:
    each = [secret for secret in secrets() if (secret.shape in HELD_OUT) is held_out]
    redact = Redactor().text
    missed = [secret.shape for secret in each if leaks(secret, redact(secret.text))]
    assert len(each) > 230
    assert len(missed) / len(each) <= 0.02, missed


@pytest.mark.parametrize("held_out", [False, True])
def test_false_alarms_are_rare(held_out: bool) -> None:
    lines = {filled(line, random.Random(f"4{line}{n}")) for line in INNOCENT[held_out::2] for n in range(3)}
    redact = Redactor().text
    alarms = [line for line in lines if redact(line) != line]
    assert len(lines) > 150
    assert len(alarms) / len(lines) <= 0.02, alarms


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len({secret.text for secret in secrets()}) > 450
    assert len(set(innocents(3))) > 350


def test_corpus_redacted_twice_is_as_redacted_once() -> None:
    redact = Redactor().text
    for secret in secrets(1):
        once = redact(secret.text)
        assert redact(once) == once


VALUES = [
    'p@ss w0rd/"x&<y>',
    "S3cr3tTulip9981",
    "a+b/c=d:e?f%g",
    "Straße-ümläut-77",
    "it's-a-secret",
    "plainwordpassword",
]
SPELLED = list(spellings("x"))


@pytest.mark.parametrize("spelling", SPELLED)
@pytest.mark.parametrize("value", VALUES)
def test_a_known_value_goes_however_it_is_spelled(value: str, spelling: str) -> None:
    spelled = spellings(value)[spelling]
    redacted = Redactor([value]).text(f"before {spelled} after")
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    core = spelled[len(spelled) // 4 : -(len(spelled) // 4)]
    assert core not in redacted
    assert REDACTED in redacted


def test_a_known_value_does_not_take_its_neighbours_along() -> None:
    redact = Redactor(["hunter2hunter"]).text
    assert redact("GET /x?u=hunter2hunter&port=8080 HTTP/1.1") == f"GET /x?u={REDACTED}&port=8080 HTTP/1.1"
    assert redact("one\ntwo hunter\n3 lines\n") == "one\ntwo hunter\n3 lines\n"


def test_what_is_learnt_late_is_gone_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.text("the word is quiet-heron") == "the word is quiet-heron"
    redactor.learn("quiet-heron")
    assert redactor.text("the word is quiet-heron") == f"the word is {REDACTED}"
    assert redactor.value({"note": ["quiet-heron"]}) == {"note": [REDACTED]}
