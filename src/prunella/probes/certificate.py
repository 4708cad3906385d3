"""A certificate, read without being believed."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the ssl module does not name
_ANY_STRENGTH = "DEFAULT:@SECLEVEL=0"


@dataclass(frozen=True)
class Certificate:
    """What a certificate says of itself. `begins` and `ends` are epoch seconds."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: float
    ends: float

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Certificate":
        """From what `getpeercert()` returns."""
        return cls(
            subject=_distinguished(told.get("subject", ())),
            issuer=_distinguished(told.get("issuer", ())),
            names=tuple(value for _, value in told.get("subjectAltName", ())),
            begins=ssl.cert_time_to_seconds(told["notBefore"]),
            ends=ssl.cert_time_to_seconds(told["notAfter"]),
        )

    def __str__(self) -> str:
        names = ", ".join(self.names) or "none"
        valid = f"valid from {day(self.begins)} to {day(self.ends)}"
        return " ".join(f"subject {self.subject}; names {names}; issuer {self.issuer}; {valid}".split())


def shown_in(connection: object) -> Certificate:
    """What the other end of a verified TLS connection showed; `connection` is the transport's `ssl_object`."""
    return Certificate.of(cast("ssl.SSLObject", connection).getpeercert() or {})


def unbelieving() -> ssl.SSLContext:
    """Takes any certificate, so that it can be looked at. For nothing that sends or believes a word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(_ANY_STRENGTH)
    return context


def believing_only(certificate: bytes) -> ssl.SSLContext:
    """Takes this one certificate (DER), out of date or not: the ssl module tells only what it verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    context.load_verify_locations(cadata=certificate)
    context.set_ciphers(_ANY_STRENGTH)
    return context


def day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _distinguished(name: Iterable[Iterable[tuple[str, str]]]) -> str:
    short = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}
    return ", ".join(f"{short.get(key, key)}={value}" for part in name for key, value in part) or "nobody"
