"""An authority of the fleet's own, and certificates that it issued."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.incidents.customers import NAME


@dataclass(frozen=True)
class Pair:
    """PEM texts of a certificate and its key."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Authority:
    """`pair` of the authority itself; issues by its key."""

    pair: Pair

    def issue(self, days: float, *, since_days: float = 30, name: str = NAME) -> Pair:
        """Good from `since_days` ago until `days` from now; negative: it expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = serialization.load_pem_private_key(self.pair.key.encode(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not on a curve")
        authority = x509.load_pem_x509_certificate(self.pair.certificate.encode())
        builder = _builder(name, authority.subject, key, since_days, days).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        return Pair(_pem(builder.sign(signer, hashes.SHA256())), _key_pem(key))


def new_authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fleet authority")])
    builder = _builder("fleet authority", name, key, 400, 3_650).add_extension(x509.BasicConstraints(True, 0), True)
    return Authority(Pair(_pem(builder.sign(key, hashes.SHA256())), _key_pem(key)))


def self_signed(days: float = 365) -> Pair:
    """What nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    return Pair(_pem(_builder(NAME, name, key, 1, days).sign(key, hashes.SHA256())), _key_pem(key))


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, since_days: float, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=since_days))
        .not_valid_after(now + timedelta(days=days))
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
