"""An authority of the test's own, and pairs of the kind it would issue."""

from __future__ import annotations

import datetime
import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.unit.plugins import ROOT

sys.path.insert(0, str(ROOT / "roles" / "certificates" / "files"))

NAMES = ("192.0.2.7", "shop.example.com")
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
LIFE = datetime.timedelta(days=90)


@dataclass
class Authority:
    """Signs what it is asked for."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def begin(cls) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, _build("Authority", key, (), begin=NOW - LIFE, life=4 * LIFE).sign(key, hashes.SHA256()))

    def issue(
        self, *names: str, begin: datetime.datetime = NOW, life: datetime.timedelta = LIFE
    ) -> tuple[bytes, bytes]:
        """Certificate with its chain, and key; both PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _build("", key, names, begin=begin, life=life, by=self).sign(self.key, hashes.SHA256())
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, self.certificate))
        return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _build(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    *,
    begin: datetime.datetime,
    life: datetime.timedelta,
    by: Authority | None = None,
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    signer = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + life)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not names:
        return builder
    return builder.add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Host:
    """The folders of one host, and what lies in them."""

    plan: Any
    authority: Authority

    def issue(self, *names: str, **options: Any) -> tuple[bytes, bytes]:
        """As the client leaves it behind."""
        certificate, key = self.authority.issue(*(names or NAMES), **options)
        self.plan.issued.mkdir(parents=True, exist_ok=True)
        (self.plan.issued / "fullchain.pem").write_bytes(certificate)
        (self.plan.issued / "privkey.pem").write_bytes(key)
        self.plan.authority.write_text(self.plan.directory + "\n")
        return certificate, key

    def served(self) -> tuple[bytes, bytes]:
        return (self.plan.served / "fullchain.pem").read_bytes(), (self.plan.served / "key.pem").read_bytes()

    def serve(self, certificate: bytes, key: bytes) -> None:
        (self.plan.served / "fullchain.pem").write_bytes(certificate)
        (self.plan.served / "key.pem").write_bytes(key)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host whose authority nobody can reach: discard is nobody's port."""
    from longhouse_certificate.plan import Plan

    for name in ("served", "state"):
        (tmp_path / name).mkdir()
    plan = Plan(
        "https://127.0.0.1:9/dir", "ops@example.com", "", NAMES, tmp_path / "served",
        state=tmp_path / "state", webroot=tmp_path / "webroot",
    )  # fmt: skip
    return Host(plan, Authority.begin())
