import base64
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.errors import Misuse
from prunella.sealing import OVERHEAD_BYTES, Damaged, Sealer, opened, parse_keys

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


@given(content=st.binary(max_size=200), place=st.text(st.characters(codec="utf-8"), max_size=9))
@settings(max_examples=50, deadline=None)
def test_what_was_sealed_opens_again(content: bytes, place: str):
    sealer = Sealer([NEW, OLD])
    sealed = sealer.seal(content, place)
    assert sealer.open(sealed, place) == content
    assert len(sealed) == len(content) + OVERHEAD_BYTES
    assert len(content) < 4 or content not in sealed


@given(at=st.integers(0, 60), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_a_changed_bit_anywhere_is_noticed(at: int, bit: int):
    sealer = Sealer([NEW])
    sealed = bytearray(sealer.seal(b"twenty-eight bytes of words.", "here"))
    sealed[at] ^= 1 << bit
    with pytest.raises(Misuse):
        sealer.open(bytes(sealed), "here")


@pytest.mark.parametrize("cut", [0, 1, 5, OVERHEAD_BYTES - 1, OVERHEAD_BYTES])
def test_a_part_does_not_open(cut: int):
    sealer = Sealer([NEW])
    with pytest.raises(Damaged):
        sealer.open(sealer.seal(b"words", "here")[:cut], "here")


def test_it_opens_in_its_own_place_only():
    sealer = Sealer([NEW])
    with pytest.raises(Damaged, match="there"):
        sealer.open(sealer.seal(b"words", "here"), "there")


def test_no_two_seals_are_alike():
    sealer = Sealer([NEW])
    assert sealer.seal(b"words", "here") != sealer.seal(b"words", "here")


def test_the_newest_key_seals_and_older_ones_still_open():
    sealed = Sealer([OLD]).seal(b"words", "here")
    both = Sealer([NEW, OLD])
    assert both.open(sealed, "here") == b"words"
    assert both.key_id == Sealer([NEW]).key_id != Sealer([OLD]).key_id
    assert Sealer([NEW]).open(both.seal(b"words", "here"), "here") == b"words"


def test_a_missing_key_is_named_and_the_way_out_is_said():
    sealed, wanted = Sealer([OLD]).seal(b"words", "The step"), Sealer([OLD]).key_id
    for sealer in (None, Sealer([NEW])):
        with pytest.raises(Misuse) as caught:
            opened(sealer, sealed, "The step")
        for part in ("The step", wanted, "PRUNELLA_KEY", "keep the old ones"):
            assert part in str(caught.value)


def test_names_and_proofs_take_the_key():
    old, new = Sealer([OLD]), Sealer([NEW])
    assert old.digest(b"a") == Sealer([OLD]).digest(b"a")
    assert len({old.digest(b"a"), old.digest(b"b"), new.digest(b"a"), old.mac(b"a", old.key_id)}) == 4
    with pytest.raises(Misuse, match=old.key_id):
        new.mac(b"a", old.key_id)


@pytest.mark.parametrize(
    "text",
    [OLD.hex(), OLD.hex().upper(), base64.b64encode(OLD).decode(), "b29vb29vb29vb29vb29vb29vb29vb29vb29vb29vb28"],
)
def test_a_key_is_base64_or_hex(text: str):
    assert parse_keys(f" {text}\n") == (OLD,)


def test_several_keys_are_newest_first():
    assert parse_keys(f"{NEW.hex()},{OLD.hex()}\n{OTHER.hex()}") == (NEW, OLD, OTHER)


@pytest.mark.parametrize(
    "text", ["", " \n", "hunter2", OLD.hex()[:-2], f"{OLD.hex()} hunter2", "hunter2" * 9, "ä" * 32]
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str):
    with pytest.raises(Misuse, match="openssl rand") as caught:
        parse_keys(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b"short"]])
def test_a_sealer_without_proper_keys_is_refused(keys: list[bytes]):
    with pytest.raises(Misuse):
        Sealer(keys)


def test_without_the_library_the_extra_is_named():
    script = (
        "import sys; sys.modules['cryptography.hazmat.primitives.ciphers.aead'] = None\n"
        "from prunella.sealing import Sealer\n"
        "try: Sealer([b'k' * 32])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.startswith("Misuse")
    assert "prunella[encryption]" in said
