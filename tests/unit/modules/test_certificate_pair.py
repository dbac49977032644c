"""certificate_pair: what it issues is fit to serve and stays, what is provided is checked before it is served."""

from __future__ import annotations

import datetime
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

Run = Callable[..., dict[str, Any]]
Answer = dict[str, Any]
NAMES = ["192.0.2.7", "shop.example.com"]
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def issue(run_module: Run, tmp_path: Path) -> Callable[..., Answer]:
    """Ask for a pair of the own authority in `tmp_path/ca`."""

    def ask(names: list[str] = NAMES, **options: Any) -> Answer:
        return run_module(
            "certificate_pair", source="own_ca", folder=str(tmp_path / "ca"), pair="main", names=names, **options
        )

    return ask


def leaf(answer: Answer) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Path(answer["certificate"]).read_bytes())


def test_an_issued_pair_belongs_together_is_of_the_authority_and_names_everything(
    issue: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = issue(days=30)
    certificate = leaf(answer)
    key = load_pem_private_key(Path(answer["key"]).read_bytes(), password=None)
    authority = x509.load_pem_x509_certificate((tmp_path / "ca" / "ca.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    assert certificate.public_key() == key.public_key()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert answer["expires"] == certificate.not_valid_after_utc.isoformat()
    assert 29 * DAY < certificate.not_valid_after_utc - NOW < 31 * DAY
    for secret in (answer["key"], tmp_path / "ca" / "ca.key"):
        assert stat.S_IMODE(Path(secret).stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in answer["everything"]


def test_a_fit_pair_stays(issue: Callable[..., Answer]) -> None:
    assert leaf(issue()) == leaf(issue(names=NAMES[::-1])) == leaf(issue(check=True))


@pytest.mark.parametrize("reason", ["names", "authority", "key lost"])
def test_an_unfit_pair_is_issued_anew(reason: str, issue: Callable[..., Answer], tmp_path: Path) -> None:
    before = leaf(issue())
    if reason == "authority":
        for part in ("ca.pem", "ca.key"):
            (tmp_path / "ca" / part).unlink()
    elif reason == "key lost":
        (tmp_path / "ca" / "main.key").unlink()
    after = leaf(issue(names=[*NAMES, "www.example.com"] if reason == "names" else NAMES))
    assert after != before
    assert after.public_key() != before.public_key()


def pair(
    folder: Path, *, names: tuple[str, ...] = ("shop.example.com",), ends: datetime.datetime = NOW + 30 * DAY
) -> Answer:
    """A provided pair of a two-link chain: {certificate, key} as texts of paths."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = signed(authority_key, authority_key, (), ends)
    certificate = signed(key, authority_key, names, ends)
    chain = [certificate.public_bytes(Encoding.PEM), authority.public_bytes(Encoding.PEM)]
    (folder / "chain.pem").write_bytes(b"".join(chain))
    (folder / "reversed.pem").write_bytes(b"".join(chain[::-1]))
    for name, one in (("key.pem", key), ("other.pem", authority_key)):
        (folder / name).write_bytes(one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"certificate": str(folder / "chain.pem"), "key": str(folder / "key.pem")}


def signed(
    key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, names: tuple[str, ...], ends: datetime.datetime
) -> x509.Certificate:
    """A certificate of the authority for a server of these `names`, or of the authority itself without names."""
    subject = "the server" if names else "the authority"
    builder = x509.CertificateBuilder(
        common_name("the authority"),
        common_name(subject),
        key.public_key(),
        x509.random_serial_number(),
        ends - 60 * DAY,
        ends,
    ).add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    if names:
        listed = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(listed, critical=False)
    return builder.sign(signer, hashes.SHA256())


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def test_a_provided_pair_is_used_where_it_is(run_module: Run, tmp_path: Path) -> None:
    files = pair(tmp_path)
    answer = run_module("certificate_pair", source="provided", names=["shop.example.com"], **files)
    assert {name: answer[name] for name in files} == files
    assert not answer["changed"]


@pytest.mark.parametrize(
    ("made", "given", "words"),
    [
        ({}, {"key": "other.pem"}, "other.pem is not the key of"),
        ({}, {"certificate": "reversed.pem", "key": "other.pem"}, "the chain is out of order"),
        ({"ends": NOW - DAY}, {}, f"ended on {NOW - DAY:%Y-%m-%d}"),
        ({"names": ("www.example.com",)}, {}, "is not good for shop.example.com"),
        ({}, {"key": "absent.pem"}, "absent.pem"),
        ({}, {"certificate": "key.pem"}, "key.pem does not hold certificates in PEM form"),
        ({}, {"key": "chain.pem"}, "chain.pem does not hold a private key"),
    ],
)
def test_an_unfit_provided_pair_is_refused_with_its_reason(
    made: dict[str, Any], given: dict[str, str], words: str, run_module: Run, tmp_path: Path
) -> None:
    files = pair(tmp_path, **made) | {part: str(tmp_path / name) for part, name in given.items()}
    answer = run_module("certificate_pair", source="provided", names=["shop.example.com"], **files)
    assert answer["failed"]
    assert words in answer["msg"]
    assert "PRIVATE KEY" not in answer["everything"]
