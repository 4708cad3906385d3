"""Keeps what lies on the disk secret and unchanged, where the operator set a key."""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prunella.errors import Misuse

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
OVERHEAD_BYTES = 33
"""How much longer a sealed content is than the content."""

_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_HOW_TO_MAKE = "Make one with `openssl rand -base64 32`."
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class Damaged(Misuse):
    """Something sealed was changed, cut off, or stands in another place."""

    code = "damaged"


class Sealer:
    """Seals with the newest key and opens with whichever key sealed; `keys` are 32 bytes each, newest first.

    AES-256-GCM with a random nonce each time (NIST SP 800-38D: good for 2**32 contents a key). What is sealed for one
    `place` does not open in another. Raises Misuse without the `cryptography` library, and for keys that are none.
    """

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = {_derived(key, "id")[:_ID_BYTES].hex(): _checked(key) for key in keys}
        if not self._keys:
            raise Misuse(f"No key was given to seal with. {_HOW_TO_MAKE}")
        self._ciphers = {key_id: _cipher(_derived(key, "seal")) for key_id, key in self._keys.items()}
        self._chains = {key_id: _derived(key, "chain") for key_id, key in self._keys.items()}

    @property
    def key_id(self) -> str:
        """Eight hex digits that tell the newest key from others, and nothing else about it."""
        return next(iter(self._keys))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Of all keys, newest first."""
        return tuple(self._keys)

    def seal(self, content: bytes, place: str) -> bytes:
        """Version, key id, nonce, then what AES-GCM makes of it."""
        head = _VERSION + bytes.fromhex(self.key_id)
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._ciphers[self.key_id].encrypt(nonce, content, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content. Raises Misuse for one of another key, Damaged for one that was changed or moved."""
        start = len(_VERSION) + _ID_BYTES
        head, nonce = sealed[:start], sealed[start : start + _NONCE_BYTES]
        if len(sealed) < OVERHEAD_BYTES or not head.startswith(_VERSION):
            raise _damaged(place)
        cipher = self._ciphers.get(head[len(_VERSION) :].hex())
        if cipher is None:
            raise missing_key(place, head[len(_VERSION) :].hex(), self.key_ids)
        from cryptography.exceptions import InvalidTag

        try:
            return cipher.decrypt(nonce, sealed[start + _NONCE_BYTES :], head + place.encode())
        except InvalidTag:
            raise _damaged(place) from None

    def digest(self, content: bytes) -> str:
        """A name for `content` that tells nobody without the key what it is: hex, the same for the same newest key."""
        return hmac.digest(self._chains[self.key_id], b"digest\0" + content, "sha256").hex()

    def mac(self, content: bytes, key_id: str) -> str:
        """Proves that whoever made it had the key: HMAC-SHA256 in hex. Raises Misuse for a key that is not there."""
        if key_id not in self._chains:
            raise missing_key("the journal", key_id, self.key_ids)
        return hmac.digest(self._chains[key_id], b"mac\0" + content, "sha256").hex()


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Keys in base64 or hex, newest first, with blanks, commas or lines between them.

    Raises Misuse, which repeats none of it, for anything that is no key of 32 bytes, and for no key at all.
    """
    words = text.replace(",", " ").split()
    keys = [_parsed(word) for word in words]
    for number, key in enumerate(keys, 1):
        if key is None or len(key) != KEY_BYTES:
            raise Misuse(f"Key {number} of {len(keys)} is not 32 bytes in base64 or hex. {_HOW_TO_MAKE}")
    if not keys:
        raise Misuse(f"A key to seal with is set and empty. {_HOW_TO_MAKE} Or unset it to write plain files.")
    return tuple(key for key in keys if key is not None)


def opened(sealer: Sealer | None, sealed: bytes, place: str) -> bytes:
    """The content of what was sealed. Raises Misuse, also where there is no key at all."""
    if sealer is None:
        raise missing_key(place, sealed[len(_VERSION) : len(_VERSION) + _ID_BYTES].hex(), ())
    return sealer.open(sealed, place)


def missing_key(place: str, key_id: str, known: tuple[str, ...]) -> Misuse:
    """The one thing that is said when a key is not there."""
    given = f"the keys that are set are {', '.join(known)}" if known else "no key is set"
    return Misuse(
        f"{place} is sealed with the key {key_id}, and {given}. Nothing was read or changed. Set PRUNELLA_KEY or "
        "PRUNELLA_KEY_FILE to that key; when you change keys, write the new one first and keep the old ones behind it."
    )


def _damaged(place: str) -> Damaged:
    return Damaged(
        f"{place} was changed since it was sealed, or stands in the wrong place. It is not believed. "
        "Restore the state folder from a backup, and find out who writes to it."
    )


def _parsed(word: str) -> bytes | None:
    if _HEX.fullmatch(word):
        return bytes.fromhex(word)
    plain = word.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise Misuse(f"A key to seal with has {len(key)} bytes instead of {KEY_BYTES}. {_HOW_TO_MAKE}")
    return key


def _derived(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, by HKDF's expansion (RFC 5869) of one block."""
    return hmac.digest(key, f"prunella {purpose}\x01".encode(), hashlib.sha256)


def _cipher(key: bytes) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise Misuse(
            "A key is set to seal the state folder, and the library for it is not installed. "
            "Install it with `pip install 'prunella[encryption]'`, or unset PRUNELLA_KEY and PRUNELLA_KEY_FILE."
        ) from error
    return AESGCM(key)
