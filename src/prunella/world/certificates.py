"""Certificates and keys among what a service needs: which have run out, do not fit, and what lies ready instead."""

import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prunella.domain.facts import PathFacts, ServerFact
from prunella.domain.service import Service
from prunella.errors import Rejected
from prunella.world.der import Validity, names_of, validity_of
from prunella.world.paths import is_pem, start_of

EXPIRED, EARLY, MISMATCH = "certificate.expired", "certificate.not-yet-valid", "certificate.mismatch"
_MOST_BYTES = 64 * 1024
_CERTIFICATE, _KEY = b"BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"


@dataclass(frozen=True)
class _Pem:
    """A file of certificates, of a key, or of both. Of several certificates the first is the server's own."""

    path: Path
    validity: Validity | None
    names: bytes
    has_key: bool


def certificate_facts(service: Service, paths: Iterable[PathFacts]) -> tuple[ServerFact, ...]:
    """Of the certificates that are declared, or lie in a declared folder: past or ahead of their time, or with a key
    beside them that is another one's.

    `certificate`, `key`: the declared files; `renewed`, `renewed_key`: files near by that are for the same names, in
    their time, and fit each other ("" for none; `renewed_key` also where the declared key fits). Blocks.
    """
    files = [each.state.path for each in paths if not each.is_folder and 0 < each.size <= _MOST_BYTES]
    pems = [pem for path in files if is_pem(path) and (pem := _read(path)) is not None]
    declared = [pem for pem in pems if {pem.path, pem.path.parent} & set(service.paths)]
    now = time.time()
    told = (_told(service, pem, declared, pems, now) for pem in declared if pem.validity)
    return tuple(fact for fact in told if fact is not None)


def _told(service: Service, own: _Pem, declared: list[_Pem], pems: list[_Pem], now: float) -> ServerFact | None:
    key = _key_of(own, declared)
    fits = key is None or _fit(own.path, key.path)
    code = _fault(own, now, fits=fits)
    if not code:
        return None
    pair = next(_pairs(own, key, pems, now), None)
    renewed, renewed_key = pair or ("", "")
    until = _day(own.validity)
    why = {
        EXPIRED: f"ran out on {until}", EARLY: "is not valid yet", MISMATCH: f"does not fit the key {key and key.path}",
    }[code]  # fmt: skip
    instead = f"; {' with '.join(filter(None, pair))} would" if pair else "; nothing near by would fit"
    return ServerFact(
        code=code, service=service.name, text=f"the certificate {own.path} {why}{instead}",
        fields={
            "certificate": str(own.path), "key": str(key.path) if key else "", "until": until,
            "renewed": renewed, "renewed_key": renewed_key,
        },
    )  # fmt: skip


def _fault(own: _Pem, now: float, *, fits: bool) -> str:
    if own.validity is None:
        return ""
    if own.validity.until < now:
        return EXPIRED
    if own.validity.since > now:
        return EARLY
    return "" if fits else MISMATCH


def _pairs(own: _Pem, key: _Pem | None, pems: list[_Pem], now: float) -> Iterator[tuple[str, str]]:
    """(certificate, key) to put in the place of the declared ones, "" for what may stay; those that keep most first."""
    fresh = [each for each in pems if each != own and _is_for_the_same(each, own) and _is_in_time(each, now)]
    keys = [each for each in pems if each.has_key and each != key]
    is_good = _is_in_time(own, now)
    if key is None:
        yield from ((str(each.path), "") for each in fresh)
        return
    if is_good:
        yield from (("", str(each.path)) for each in keys if _fit(own.path, each.path))
    yield from ((str(each.path), "") for each in fresh if _fit(each.path, key.path))
    for each in fresh:
        yield from ((str(each.path), str(other.path)) for other in keys if _fit(each.path, other.path))


def _is_for_the_same(one: _Pem, other: _Pem) -> bool:
    return one.validity is not None and one.names == other.names


def _is_in_time(pem: _Pem, now: float) -> bool:
    return pem.validity is not None and pem.validity.since <= now < pem.validity.until


def _key_of(own: _Pem, declared: list[_Pem]) -> _Pem | None:
    """The declared key that fits, else the only one, or the one in its folder or with its name."""
    if own.has_key:
        return own
    keys = [each for each in declared if each.has_key and each.validity is None]
    fitting = [each for each in keys if _fit(own.path, each.path)]
    named = [each for each in keys if each.path.stem == own.path.stem]
    near = [each for each in keys if each.path.parent == own.path.parent]
    certificates = [each for each in declared if each.validity and each.path.parent == own.path.parent]
    alone = near if len(near) == 1 and len(certificates) == 1 else []
    return next(iter((*fitting, *named, *alone)), None)


def _fit(certificate: Path, key: Path) -> bool:
    """Whether TLS would take the two together; a key under a password is not known to fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError):
        return False
    return True


def _read(path: Path) -> _Pem | None:
    data = start_of(path, _MOST_BYTES)
    has_key = _KEY in data
    if _CERTIFICATE not in data:
        return _Pem(path, None, b"", has_key) if has_key else None
    try:
        text = data.decode("ascii")
        begin = text.index("-----BEGIN CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(text[begin : text.index("-----END CERTIFICATE-----") + 25])
        return _Pem(path, validity_of(der), names_of(der), has_key)
    except (ValueError, Rejected):
        return None


def _day(validity: Validity | None) -> str:
    return datetime.fromtimestamp(validity.until, UTC).strftime("%Y-%m-%d") if validity else ""
