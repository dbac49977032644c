"""Every host gets a network of its own that nothing on this machine uses."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from control.errors import RefusedError
from control.sandbox.addresses import Link, choose, pool_from

POOL = IPv4Network("10.213.0.0/16")


def test_the_first_host_gets_the_first_network() -> None:
    assert choose(POOL, []) == Link(gateway="10.213.0.1", address="10.213.0.2")


def test_a_freed_network_is_used_again_before_a_new_one() -> None:
    taken = [IPv4Network("10.213.0.0/30"), IPv4Network("10.213.0.8/30")]
    assert choose(POOL, taken).address == "10.213.0.6"


@pytest.mark.parametrize("other", ["10.213.0.0/24", "10.213.0.1/32", "10.213.0.2/31"])
def test_no_network_overlaps_what_the_machine_routes(other: str) -> None:
    chosen = choose(POOL, [IPv4Network(other)])
    assert not chosen.network.overlaps(IPv4Network(other))


def test_a_full_pool_names_the_way_out() -> None:
    with pytest.raises(RefusedError, match=r"down --all.*LONGHOUSE_SANDBOX_NETWORK"):
        choose(IPv4Network("10.213.0.0/30"), [IPv4Network("10.213.0.0/16")])


@pytest.mark.parametrize("setting", ["10.213.0.0/31", "10.213.0.1/16", "fd00::/64", "everything"])
def test_an_unusable_pool_is_refused_by_name(setting: str) -> None:
    with pytest.raises(RefusedError, match=f"LONGHOUSE_SANDBOX_NETWORK={setting}"):
        pool_from(setting)
