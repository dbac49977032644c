"""Which version of each secret a rotation leads to."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from tests.unit.plugins import filters

next_versions = filters("rotation")["catalogue_next_versions"]
settled_versions = filters("rotation")["catalogue_settled_versions"]
NAMES = [
    "user/redis_password", "user/broker_password", "user/signing_key", "order/redis_password",
    "notification/smtp_password", "redis/exporter_password", "backup/cipher_password",
    "backup/snapshot_password", "grafana/admin_password", "grafana/secret_key", "jwks",
]  # fmt: skip
SUPPLIED = ["notification/smtp_password"]


def test_everything_derived_moves_on_and_the_old_one_stays_where_a_store_takes_two() -> None:
    assert next_versions({}, NAMES, SUPPLIED) == {
        "user/redis_password": [2, 1], "user/broker_password": 2, "user/signing_key": [2, 1],
        "order/redis_password": [2, 1], "redis/exporter_password": [2, 1],
    }  # fmt: skip


@pytest.mark.parametrize("only", [["redis_password"], ["user/redis_password", "order/redis_password"]])
def test_one_kind_or_single_ones_rotate_alone(only: list[str]) -> None:
    expected = {"user/broker_password": 3, "user/redis_password": [2, 1], "order/redis_password": [2, 1]}
    assert next_versions({"user/broker_password": 3}, NAMES, SUPPLIED, only) == expected


def test_afterwards_only_the_new_password_is_accepted_but_tokens_live_on() -> None:
    under_way = next_versions({"user/signing_key": [5, 4]}, NAMES, SUPPLIED)
    settled = settled_versions(under_way)
    assert settled["user/redis_password"] == 2
    assert settled["user/signing_key"] == [6, 5]


def test_a_rotation_cut_short_is_finished_first() -> None:
    """Services may still use version 1; a store that took 3 and 2 would lock them out."""
    under_way = next_versions({}, NAMES, SUPPLIED)
    assert next_versions(under_way, NAMES, SUPPLIED) == under_way
    assert next_versions(settled_versions(under_way), NAMES, SUPPLIED)["user/redis_password"] == [3, 2]


@pytest.mark.parametrize(
    "word",
    [
        "redis_pasword",
        "smtp_password",
        "cipher_password",
        "snapshot_password",
        "grafana/secret_key",
        "nobody/redis_password",
    ],
)
def test_what_cannot_be_rotated_is_named(word: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"secrets: '{word}' cannot be rotated; (did you mean|there are)"):
        next_versions({}, NAMES, SUPPLIED, [word])
