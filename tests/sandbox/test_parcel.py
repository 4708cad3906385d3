import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.errors import Rejected
from prunella.sandbox.parcel import MOST_FILES, pack, unpack

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."} and "__pycache__" not in name
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=200), max_size=5))
def test_what_is_packed_comes_back_unless_it_was_given(files: dict[str, str]):
    parcel = pack(files, 1)
    assert unpack(parcel, {}) == files
    assert unpack(parcel, files) == {}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 2500), st.integers(0, 10_240))
def test_a_forged_parcel_brings_what_can_be_read_and_no_error(noise: bytes, place: int, end: int):
    parcel = bytearray(pack({"a": "x" * 600, "b": "y"}, 1))
    parcel[place : place + len(noise)] = noise
    unpack(bytes(parcel[:end]), {})


def test_a_file_that_claims_to_be_endless_is_left_out():
    member = tarfile.TarInfo("large")
    member.size = 2**60
    assert unpack(member.tobuf(tarfile.GNU_FORMAT) + b"x" * 512, {}) == {}


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_only_plain_files_come_back(kind: bytes):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    assert unpack(made.getvalue(), {}) == {}


def test_too_much_is_rejected_before_anything_runs():
    with pytest.raises(Rejected, match="too many"):
        pack({f"f{number}": "" for number in range(MOST_FILES + 1)}, 1)
    with pytest.raises(Rejected, match="larger than the 1 MB"):
        pack({"f": "x" * 1024 * 1024}, 1)
