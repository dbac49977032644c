"""A certificate with its chain and its key, as they lie in files."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from longhouse_certificate.plan import CertificateError


@dataclass(frozen=True)
class Pair:
    """Both in PEM; `certificate` begins with the server's own."""

    certificate: bytes
    key: bytes

    @cached_property
    def chain(self) -> list[x509.Certificate]:
        """The server's certificate, then each issuer."""
        return x509.load_pem_x509_certificates(self.certificate)

    @property
    def leaf(self) -> x509.Certificate:
        """The server's certificate."""
        return self.chain[0]

    @property
    def names(self) -> set[str]:
        """DNS names and addresses it is good for."""
        found = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {str(address) for address in found.get_values_for_type(x509.IPAddress)} | set(
            found.get_values_for_type(x509.DNSName)
        )

    def require_fit(self, names: tuple[str, ...], now: datetime.datetime) -> None:
        """Raise CertificateError unless clients can be served with it under all `names`."""
        try:
            key = load_pem_private_key(self.key, password=None).public_key()
            leaf = self.leaf.public_key()
            form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            if key.public_bytes(*form) != leaf.public_bytes(*form):
                raise CertificateError("the issued key is not that of the issued certificate")
            for one, issuer in itertools.pairwise(self.chain):
                one.verify_directly_issued_by(issuer)
            missing = sorted(set(names) - self.names)
        except CertificateError:
            raise
        except Exception as error:  # cryptography has no common class for what it cannot read or verify
            raise CertificateError(f"what was issued is no chain of certificates with its key: {error!r}") from error
        if missing:
            raise CertificateError(f"what was issued is not good for {', '.join(missing)}")
        if not self.leaf.not_valid_before_utc <= now < self.leaf.not_valid_after_utc:
            raise CertificateError(f"what was issued is not valid now; it ends {self.leaf.not_valid_after_utc}")


def load(certificate: Path, key: Path) -> Pair | None:
    """The pair in two files, None when there is none yet."""
    try:
        return Pair(certificate.read_bytes(), key.read_bytes())
    except FileNotFoundError:
        return None


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
