"""Secrets: derived from the master secret alone, each on its own, rotated one by one."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from tests.unit.catalogue.entries import entry, normalise
from tests.unit.plugins import filters

catalogue_secrets = filters("secrets")["catalogue_secrets"]
MASTER = "m" * 48


def records(**user: Any) -> Any:
    user_entry = entry("user", 8081, credentials=["signing_key", "admin_password"]) | user
    return normalise([user_entry, entry("notification", 8083, supplied=["smtp_password"])])


def secrets(versions: Any = None, supplied: Any = None, master: Any = MASTER, **user: Any) -> dict[str, str]:
    result: dict[str, str] = catalogue_secrets(records(**user), master, versions, supplied)
    return result


def keys(result: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(result["jwks"])["keys"]
    return found


def public_part(pem: str) -> str:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_every_service_gets_its_own_and_the_platform_its() -> None:
    assert set(secrets()) == {
        "user/redis_password", "user/broker_password", "user/cursor_key", "user/signing_key", "user/admin_password",
        "notification/redis_password", "notification/broker_password", "notification/cursor_key",
        "rabbitmq/admin_password", "redis/exporter_password", "backup/cipher_password",
        "backup/snapshot_password", "grafana/admin_password", "grafana/secret_key", "jwks",
    }  # fmt: skip


def test_a_sealing_key_shows_its_public_half_and_whose_it_is() -> None:
    result = secrets(credentials=["signing_key", "sealing_key"])
    private = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(result["user/sealing_key"] + "="))
    (published,) = [key for key in keys(result) if key["crv"] == "X25519"]
    x = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).rstrip(b"=").decode()
    assert published == {"crv": "X25519", "kty": "OKP", "use": "enc", "kid": "user", "x": x}
    assert result["user/sealing_key"] not in result["jwks"]
    rotated = secrets({"user/sealing_key": 2}, credentials=["signing_key", "sealing_key"])
    assert [key["x"] for key in keys(rotated) if key["crv"] == "X25519"] != [x]


def test_the_same_master_leads_to_the_same_secrets_and_another_to_none_of_them() -> None:
    one, again, other = secrets(), secrets(), secrets(master="n" * 48)
    assert one == again
    assert not set(one.values()) & set(other.values())


def test_no_two_secrets_are_alike_and_all_are_long() -> None:
    values = list(secrets().values())
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 43


def test_a_known_value_stays_what_it_is() -> None:
    """Changing the derivation would lock every installed host out of its own broker."""
    assert secrets()["user/redis_password"] == "0eSoRWhTTqkgvc9kLoDG7TM9753IkB6L5b1P__P0PHg"


def test_passwords_need_no_quoting_anywhere() -> None:
    derived = [value for name, value in secrets().items() if name.endswith("_password")]
    assert all(set(value) <= set(base64.urlsafe_b64encode(bytes(range(256))).decode() + "-_") for value in derived)


def test_one_secret_rotates_alone() -> None:
    before, after = secrets(), secrets({"user/redis_password": 2})
    assert [name for name in before if before[name] != after[name]] == ["user/redis_password"]


def test_another_service_changes_nothing_for_the_rest() -> None:
    more = normalise([entry("blog", 8085), *[entry("user", 8081, credentials=["signing_key"])]])
    assert catalogue_secrets(more, MASTER)["user/redis_password"] == secrets()["user/redis_password"]


def test_the_key_set_holds_the_public_half_of_the_signing_key_under_its_thumbprint() -> None:
    result = secrets()
    (key,) = keys(result)
    assert key["x"] == public_part(result["user/signing_key"])
    thumbed = f'{{"crv":"Ed25519","kty":"OKP","x":"{key["x"]}"}}'
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(thumbed.encode()).digest()).rstrip(b"=").decode()
    assert key == {"kty": "OKP", "crv": "Ed25519", "x": key["x"], "kid": thumbprint, "use": "sig", "alg": "EdDSA"}


def test_two_signing_keys_overlap_and_the_first_signs() -> None:
    old, both, new = secrets(), secrets({"user/signing_key": [2, 1]}), secrets({"user/signing_key": 2})
    assert both["user/signing_key"] == new["user/signing_key"] != old["user/signing_key"]
    assert keys(both) == [*keys(new), *keys(old)]


def test_two_passwords_overlap_and_the_first_is_used() -> None:
    old, both, new = secrets(), secrets({"user/redis_password": [2, 1]}), secrets({"user/redis_password": 2})
    assert both["user/redis_password"] == new["user/redis_password"] != old["user/redis_password"]
    assert json.loads(both["previous"]) == {"user/redis_password": [old["user/redis_password"]]}
    assert "previous" not in new


def test_a_retired_service_signs_nothing() -> None:
    assert keys(secrets(state="retired")) == []


def test_supplied_secrets_are_handed_through_and_never_made_up() -> None:
    assert "notification/smtp_password" not in secrets()
    assert "notification/smtp_password" not in secrets(supplied={"notification/smtp_password": ""})
    assert secrets(supplied={"notification/smtp_password": "theirs"})["notification/smtp_password"] == "theirs"


@pytest.mark.parametrize(
    ("master", "words"), [(None, "missing"), ("", "missing"), ("  ", "missing"), ("short", "shorter")]
)
def test_a_useless_master_secret_is_refused_with_the_way_to_make_one(master: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        secrets(master=master)
    text = str(caught.value)
    assert f"vault_master_secret is {words}" in text
    assert "group_vars/all/vault.yml" in text
    assert "./longhouse init <environment>" in text
    assert "short;" not in text


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"user/redis_pasword": 2}, "no secret is called 'user/redis_pasword'; did you mean 'user/redis_password'?"),
        ({"user/redis_password": "2"}, "user/redis_password: '2' is no version"),
        ({"user/redis_password": 0}, "user/redis_password: 0 is no version"),
        ({"user/redis_password": True}, "user/redis_password: True is no version"),
        ({"user/broker_password": [2, 1]}, "only signing_key, redis_password, exporter_password have several live"),
        ({"user/signing_key": []}, "user/signing_key: [] is no version"),
        ({"user/signing_key": [2, 2]}, "is no version"),
    ],
)
def test_wrong_versions_are_refused(versions: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        secrets(versions)
    assert str(caught.value).startswith("vault_secret_versions")
    assert words in str(caught.value)


def test_a_supplied_secret_that_nobody_asks_for_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="no secret is called 'notification/smtp_pasword'; did you mean"):
        secrets(supplied={"notification/smtp_pasword": "x"})
