"""Wherever a stream is cut into chunks, the job's words are the job's, and the parcel is the parcel."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.sandbox.parting import Parting

BEGUN, ENDED = b"word begun\n", b"\nword ended "
BYTES = st.lists(st.sampled_from([b"x", b"\n", b"word", b" begun", b"\nword ende", b"\xff"]), max_size=8).map(b"".join)


def parted(stream: bytes, cuts: list[int], most: int = 10_000) -> tuple[Parting, bytes, list[str]]:
    said: list[bytes] = []
    ends: list[str] = []
    parting = Parting(BEGUN, ENDED, said.append, most, lambda: ends.append("ended"))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in pairwise(places):
        parting.keep(stream[start:end])
    parting.close()
    return parting, b"".join(said), ends


@settings(max_examples=200, deadline=None)
@given(BYTES, BYTES, st.lists(st.integers(0, 120), max_size=12))
def test_a_stream_is_parted_where_its_marks_are(job: bytes, parcel: bytes, cuts: list[int]):
    parting, said, ends = parted(b"warning\n" + BEGUN + job + ENDED + parcel, cuts)
    assert (bytes(parting.before), said, bytes(parting.after), ends) == (b"warning\n", job, parcel, ["ended"])


@settings(max_examples=100, deadline=None)
@given(BYTES, st.lists(st.integers(0, 120), max_size=12))
def test_a_job_that_was_cut_off_loses_no_word(job: bytes, cuts: list[int]):
    parting, said, ends = parted(BEGUN + job, cuts)
    assert (said, ends, parting.has_begun, parting.has_ended) == (job, [], True, False)


def test_what_never_began_is_told():
    parting, said, _ = parted(b"sh: tar: not found", [])
    assert (bytes(parting.before), said, parting.has_begun) == (b"sh: tar: not found", b"", False)


def test_a_parcel_without_end_is_bounded():
    assert len(parted(BEGUN + ENDED + b"x" * 5000, [], most=100)[0].after) == 100
