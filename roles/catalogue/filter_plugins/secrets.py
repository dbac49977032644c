"""Every secret of the platform, derived from one vaulted master secret.

A new service needs no new secret, and two runs from the same inventory agree without a file of passwords between them.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from longhouse_catalogue.secret_names import OVERLAPPING, SEALING_KEY, SIGNING_KEY  # noqa: E402

EVERY_SERVICE = ("redis_password", "broker_password", "cursor_key")
PLATFORM = (
    "rabbitmq/admin_password", "redis/exporter_password", "backup/cipher_password", "backup/snapshot_password",
    "grafana/admin_password", "grafana/secret_key",
)  # fmt: skip
# Of the backups' store, where the inventory names one.
PLATFORM_SUPPLIED = ("backup/store_key", "backup/store_secret")
SHORTEST_MASTER = 32
MASTER_ADVICE = (
    "write it to the vaulted file of the inventory, inventories/<environment>/group_vars/all/vault.yml; "
    "a new inventory gets one with: ./longhouse init <environment>"
)


def catalogue_secrets(
    records: Sequence[Mapping[str, Any]],
    master: str | None,
    versions: Mapping[str, Any] | None = None,
    supplied: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Flat dict "<service>/<name>" -> secret, "jwks" -> public key set as JSON, "previous" -> older ones.

    `versions` rotates single secrets: {"order/redis_password": 2}. Some may have several live versions,
    {"user/signing_key": [2, 1]}: the first is used, all are accepted (in the key set, or in "previous": JSON of name
    to secrets). `supplied` holds the secrets of other parties by the same names; those it lacks are absent from the
    result.
    Raises AnsibleFilterError for an unusable master secret and for names that no secret has.
    """
    key = _master_key(master)
    names = [f"{record['name']}/{name}" for record in records for name in _derived_names(record)]
    foreign = [f"{record['name']}/{name}" for record in records for name in record["supplied"]]
    foreign += PLATFORM_SUPPLIED
    live = _versions(versions or {}, [*names, *PLATFORM])
    _refuse_unknown("vault_supplied_secrets", supplied or {}, foreign)
    secrets = {name: _secret(key, name, live.get(name, [1])[0]) for name in (*names, *PLATFORM)}
    secrets |= {name: value for name, value in (supplied or {}).items() if value}
    previous = {
        name: [_secret(key, name, version) for version in numbers[1:]]
        for name, numbers in live.items()
        if len(numbers) > 1 and not name.endswith(f"/{SIGNING_KEY}")
    }
    signing = [
        _seed(key, name, version)
        for name in names
        if name.endswith(f"/{SIGNING_KEY}") and not _retired(records, name)
        for version in live.get(name, [1])
    ]
    sealing = [
        (name.partition("/")[0], _seed(key, name, live.get(name, [1])[0]))
        for name in names
        if name.endswith(f"/{SEALING_KEY}") and not _retired(records, name)
    ]
    keys = [*map(public_jwk, signing), *(public_sealing_jwk(service, seed) for service, seed in sealing)]
    jwks = json.dumps({"keys": keys}, indent=2) + "\n"
    return secrets | {"jwks": jwks} | ({"previous": json.dumps(previous)} if previous else {})


def public_jwk(seed: bytes) -> dict[str, str]:
    """Public half of the Ed25519 key of `seed` (32 bytes) as a JWK; `kid` is its RFC 7638 thumbprint."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    thumbed = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}
    digest = hashlib.sha256(json.dumps(thumbed, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**thumbed, "kid": _base64url(digest), "use": "sig", "alg": "EdDSA"}


def public_sealing_jwk(service: str, seed: bytes) -> dict[str, str]:
    """Public half of the X25519 key of `seed` (32 bytes) as a JWK; `kid` is the service that can open."""
    public = X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {"crv": "X25519", "kty": "OKP", "x": _base64url(public), "kid": service, "use": "enc"}


def _master_key(master: str | None) -> bytes:
    if not isinstance(master, str) or not master.strip():
        raise AnsibleFilterError(f"vault_master_secret is missing; {MASTER_ADVICE}")
    if len(master.strip()) < SHORTEST_MASTER:
        raise AnsibleFilterError(f"vault_master_secret is shorter than {SHORTEST_MASTER} characters; {MASTER_ADVICE}")
    return master.strip().encode()


def _derived_names(record: Mapping[str, Any]) -> list[str]:
    return [*EVERY_SERVICE, *(name for name in record["credentials"] if name not in record["supplied"])]


def _versions(versions: Mapping[str, Any], names: Iterable[str]) -> dict[str, list[int]]:
    """Live versions by name, the one in use first."""
    _refuse_unknown("vault_secret_versions", versions, names)
    return {name: _live_versions(name, value) for name, value in versions.items()}


def _live_versions(name: str, value: Any) -> list[int]:
    live = list(value) if isinstance(value, list) else [value]
    sound = live and all(isinstance(item, int) and not isinstance(item, bool) and item >= 1 for item in live)
    if not sound or len(set(live)) < len(live):
        raise AnsibleFilterError(f"vault_secret_versions: {name}: {value!r} is no version; write a number from 1 on")
    if len(live) > 1 and name.rpartition("/")[2] not in OVERLAPPING:
        accepted = ", ".join(OVERLAPPING)
        raise AnsibleFilterError(f"vault_secret_versions: {name}: only {accepted} have several live versions")
    return live


def _refuse_unknown(variable: str, given: Iterable[str], known: Iterable[str]) -> None:
    expected = sorted(known)
    for name in given:
        if name not in expected:
            close = difflib.get_close_matches(str(name), expected, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(expected) or 'none'}"
            raise AnsibleFilterError(f"{variable} of the inventory: no secret is called '{name}'; {hint}")


def _retired(records: Sequence[Mapping[str, Any]], name: str) -> bool:
    service = name.partition("/")[0]
    return any(record["name"] == service and record["state"] == "retired" for record in records)


def _secret(key: bytes, name: str, version: int) -> str:
    seed = _seed(key, name, version)
    if not name.endswith(f"/{SIGNING_KEY}"):
        return _base64url(seed)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _seed(key: bytes, name: str, version: int) -> bytes:
    """32 bytes that only the master secret leads to; one secret tells nothing about another."""
    return hmac.new(key, f"{name}/{version}".encode(), hashlib.sha256).digest()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name of each filter and its function."""
        return {"catalogue_secrets": catalogue_secrets}
