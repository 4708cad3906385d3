"""The little of a certificate's DER that tells when it is good and for whom (RFC 5280, section 4.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prunella.errors import Rejected

_SEQUENCE, _VERSION, _EXTENSIONS, _UTC_TIME = 0x30, 0xA0, 0xA3, 0x17
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")


@dataclass(frozen=True)
class Validity:
    """Seconds since the epoch."""

    since: float
    until: float


@dataclass(frozen=True)
class _Item:
    tag: int
    content: bytes


def validity_of(certificate: bytes) -> Validity:
    """Raises Rejected for what is no certificate."""
    begin, end = list(_items(_field(certificate, 3).content))
    return Validity(_time(begin), _time(end))


def names_of(certificate: bytes) -> bytes:
    """Equal for two certificates that are for the same names: the alternative ones, else the subject."""
    extensions = next((item for item in _fields(certificate) if item.tag == _EXTENSIONS), None)
    for listed in _items(extensions.content) if extensions else ():
        for extension in _items(listed.content):
            if extension.content.startswith(_ALTERNATIVE_NAMES):
                return extension.content
    return _field(certificate, 4).content


def _field(certificate: bytes, number: int) -> _Item:
    """Of the signed part: 0 serial, 1 algorithm, 2 issuer, 3 validity, 4 subject."""
    fields = [item for item in _fields(certificate) if item.tag != _VERSION]
    if len(fields) <= number:
        raise Rejected("This is no certificate: it lacks fields.")
    return fields[number]


def _fields(certificate: bytes) -> list[_Item]:
    outer = next(_items(certificate), None)
    signed = next(_items(outer.content), None) if outer else None
    if signed is None or signed.tag != _SEQUENCE:
        raise Rejected("This is no certificate: it does not begin as one.")
    return list(_items(signed.content))


def _items(data: bytes) -> Iterator[_Item]:
    at = 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            more = length & 0x7F
            length, at = int.from_bytes(data[at : at + more]), at + more
        if at + length > len(data):
            raise Rejected("This is no certificate: it is cut off.")
        yield _Item(tag, data[at : at + length])
        at += length


def _time(item: _Item) -> float:
    form = "%y%m%d%H%M%SZ" if item.tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    try:
        return datetime.strptime(item.content.decode("ascii"), form).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise Rejected(f"This is no certificate: {item.content!r} is no time.") from error
