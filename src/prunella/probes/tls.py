"""Does a TLS server show a certificate that its clients accept, for long enough?"""

import asyncio
import ssl
import time
from collections.abc import Callable

from prunella.domain.probe import TlsProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Rejected
from prunella.probes.bounded import Answer, silent
from prunella.probes.certificate import Certificate, believing_only, day, shown_in, unbelieving
from prunella.probes.connection import connection, unreached
from prunella.probes.trust import trusting

_DAY_S = 86_400.0
# X509_V_ERR_… of OpenSSL's x509_vfy.h
_NOT_YET, _EXPIRED = 9, 10
_SELF_SIGNED, _SELF_SIGNED_ABOVE = 18, 19
_UNKNOWN_ISSUER = frozenset({2, 20, 21, 27})
_WRONG_NAME = frozenset({62, 64})


class TlsLook:
    """Probe: a handshake as a strict client makes it; where that fails, more to read the certificate."""

    def __init__(self, spec: TlsProbe, now: Callable[[], float] = time.time) -> None:
        self._spec, self._now, self._name = spec, now, spec.server_name or spec.name

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        spec = self._spec
        try:
            async with asyncio.timeout(spec.timeout_s):
                return await self._handshake()
        except TimeoutError:
            return silent(spec.timeout_s)
        except Rejected as error:
            return Answer(Reach.NOBODY, str(error))
        except OSError as error:
            return unreached(error, spec.host, spec.port)

    async def _handshake(self) -> Answer:
        try:
            return self._judged(await self._shown(trusting(self._spec.ca)))
        except ssl.SSLCertVerificationError as error:
            return await self._not_accepted(error)

    async def _shown(self, context: ssl.SSLContext) -> Certificate:
        spec = self._spec
        async with connection(spec.host, spec.port, tls=context, name=self._name) as (_, writer):
            return shown_in(writer.get_extra_info("ssl_object"))

    def _judged(self, certificate: Certificate) -> Answer:
        left = (certificate.ends - self._now()) / _DAY_S
        told = f"the certificate for {self._name} is good until {day(certificate.ends)}, {left:.0f} days"
        if left < self._spec.days:
            return Answer(Reach.WRONG, f"{told}, and {self._spec.days:g} are wanted: {certificate}")
        return Answer(Reach.RIGHT, told)

    async def _not_accepted(self, error: ssl.SSLCertVerificationError) -> Answer:
        certificate = await self._unverified()
        if certificate is None:
            return unreached(error, self._spec.host, self._spec.port)
        return Answer(Reach.WRONG, f"the certificate {self._why(error, certificate)}: {certificate}")

    async def _unverified(self) -> Certificate | None:
        """None where it cannot be read after all."""
        spec = self._spec
        try:
            async with connection(spec.host, spec.port, tls=unbelieving(), name=self._name) as (_, writer):
                raw = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return await self._shown(believing_only(raw))
        except TimeoutError:
            raise
        except OSError:
            return None

    def _why(self, error: ssl.SSLCertVerificationError, certificate: Certificate) -> str:
        now, code = self._now(), error.verify_code
        store = str(self._spec.ca or "the system's store")
        if code == _EXPIRED:
            is_own = certificate.ends <= now
            return f"expired on {day(certificate.ends)}" if is_own else "is signed by one that has expired"
        if code == _NOT_YET:
            is_own = certificate.begins > now
            return (
                f"is not valid before {day(certificate.begins)}" if is_own else "is signed by one that is not yet valid"
            )
        if code in _WRONG_NAME:
            return f"is not for {self._name}"
        if code in (_SELF_SIGNED, _SELF_SIGNED_ABOVE):
            return f"is {'' if code == _SELF_SIGNED else 'signed by one that is '}self-signed and not in {store}"
        if code in _UNKNOWN_ISSUER:
            return f"comes from an issuer that {store} does not know"
        return f"is not accepted ({error.verify_message})"
