#!/usr/bin/python
"""A server certificate and its key that are fit to serve: issued by an own authority, or provided and checked."""

from __future__ import annotations

import datetime
import ipaddress
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.certificate_authority import ensure_authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOCUMENTATION = r"""
module: certificate_pair
short_description: Issue or check the pair of certificate and key that the edge serves
description:
  - Runs on the controlling side. The pair is kept there, so that an unchanged one is not issued again; check mode
    issues it too, because no host is touched by that.
  - An issued pair is renewed when a third of its life is left, when the names changed, or when the authority did.
  - A provided pair is checked before any host changes; nothing is written.
options:
  source: {description: "Where the pair comes from.", type: str, choices: [own_ca, provided], required: true}
  folder: {description: "Holds ca.pem and ca.key, made when missing, and the issued pair (own_ca).", type: path}
  pair: {description: "Base name of the issued pair in O(folder) (own_ca).", type: str}
  names:
    description: DNS names and addresses the certificate must be good for.
    type: list
    elements: str
    required: true
  days: {description: "Life of an issued certificate.", type: int, default: 90}
  certificate: {description: "File with the certificate and its chain, leaf first (provided).", type: path}
  key: {description: "File with the private key, PEM, no passphrase (provided).", type: path}
"""
EXAMPLES = r"""
- name: Issue
  certificate_pair: {source: own_ca, folder: /etc/pki/longhouse, pair: main, names: [shop.example.com]}
  delegate_to: localhost
"""
RETURN = r"""
certificate: {description: "File on this side with the certificate and its chain, PEM.", type: str, returned: always}
key: {description: "File on this side with the private key, PEM.", type: str, returned: always}
expires: {description: "End of its life, RFC 3339.", type: str, returned: always}
"""
CLOCK_SKEW = datetime.timedelta(minutes=5)


class UnfitError(Exception):
    """A pair that must not be served; the text says why and what to do."""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "str", "required": True, "choices": ["own_ca", "provided"]},
            "folder": {"type": "path"},
            "pair": {"type": "str"},
            "names": {"type": "list", "elements": "str", "required": True},
            "days": {"type": "int", "default": 90},
            "certificate": {"type": "path"},
            "key": {"type": "path", "no_log": False},
        },
        required_if=[("source", "own_ca", ("folder", "pair")), ("source", "provided", ("certificate", "key"))],
        supports_check_mode=True,
    )
    try:
        answer = provided(module.params) if module.params["source"] == "provided" else issued(module.params)
    except (UnfitError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


def provided(wanted: dict[str, Any]) -> dict[str, Any]:
    """The pair in the given files, once it is known to be fit."""
    certificates = read(wanted["certificate"], "certificates", x509.load_pem_x509_certificates)
    private = read(wanted["key"], "a private key without a passphrase", partial(load_pem_private_key, password=None))
    if spki(certificates[0].public_key()) != spki(private.public_key()):
        raise UnfitError(
            f"{wanted['key']} is not the key of {wanted['certificate']}; provide the two that belong together"
        )
    for issued_one, issuer in itertools.pairwise(certificates):
        try:
            issued_one.verify_directly_issued_by(issuer)
        except Exception as error:
            raise UnfitError(
                f"{wanted['certificate']}: the chain is out of order: {issued_one.subject.rfc4514_string()} is not"
                " issued by the one after it; put the server's certificate first, then each issuer"
            ) from error
    if certificates[0].not_valid_after_utc <= now():
        raise UnfitError(
            f"{wanted['certificate']} ended on {certificates[0].not_valid_after_utc:%Y-%m-%d}; provide a newer one"
        )
    missing = sorted(set(wanted["names"]) - names_of(certificates[0]))
    if missing:
        raise UnfitError(
            f"{wanted['certificate']} is not good for {', '.join(missing)}; provide one that names all of them"
        )
    return answer_of(Path(wanted["certificate"]), Path(wanted["key"]), certificates[0])


def read(file: str, what: str, load: Callable[[bytes], Any]) -> Any:
    """What `load` finds in the file; OSError when it cannot be read, UnfitError when it holds something else."""
    try:
        return load(Path(file).read_bytes())
    except (ValueError, TypeError) as error:  # TypeError: the key has a passphrase
        raise UnfitError(f"{file} does not hold {what} in PEM form; provide a file that does") from error


def issued(wanted: dict[str, Any]) -> dict[str, Any]:
    """The pair kept in the folder, issued anew when it is missing or no longer fit."""
    folder = Path(wanted["folder"])
    ensure_authority(folder, wanted["pair"])
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    place, key_place = folder / f"{wanted['pair']}.pem", folder / f"{wanted['pair']}.key"
    if place.exists() and key_place.exists():
        current = x509.load_pem_x509_certificate(place.read_bytes())
        if still_fit(current, authority, set(wanted["names"])):
            return answer_of(place, key_place, current)
    signer = load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = sign(authority, signer, private, wanted["names"], wanted["days"])
    place.unlink(missing_ok=True)  # a run killed between the two writes must not leave a pair that does not match
    key_place.unlink(missing_ok=True)
    key_place.touch(mode=0o600)
    key_place.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    place.write_bytes(certificate.public_bytes(Encoding.PEM))
    return answer_of(place, key_place, certificate)


def still_fit(current: x509.Certificate, authority: x509.Certificate, names: set[str]) -> bool:
    life = current.not_valid_after_utc - current.not_valid_before_utc
    try:
        current.verify_directly_issued_by(authority)
    except Exception:
        return False
    return names_of(current) == names and current.not_valid_after_utc - now() > life / 3


def sign(
    authority: x509.Certificate, signer: Any, private: ec.EllipticCurvePrivateKey, names: list[str], days: int
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(authority.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - CLOCK_SKEW)
        .not_valid_after(now() + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def names_of(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return addresses | set(names.get_values_for_type(x509.DNSName))


def spki(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def answer_of(certificate: Path, key: Path, leaf: x509.Certificate) -> dict[str, Any]:
    # Never "changed": what matters is whether the host gets another pair.
    expires = leaf.not_valid_after_utc.isoformat()
    return {"changed": False, "certificate": str(certificate), "key": str(key), "expires": expires}


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


if __name__ == "__main__":
    main()
