"""Which point-to-point network a sandbox host gets. Pure: what is taken is handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from control.errors import RefusedError

_LINK_PREFIX = 30


@dataclass(frozen=True)
class Link:
    """The two ends of a host's /30: `gateway` on this machine, `address` on the host."""

    gateway: str
    address: str

    @property
    def network(self) -> IPv4Network:
        return IPv4Network(f"{self.address}/{_LINK_PREFIX}", strict=False)


def choose(pool: IPv4Network, taken: Iterable[IPv4Network]) -> Link:
    """The lowest free /30 of `pool`; RefusedError when all are taken."""
    occupied = [network for network in taken if network.overlaps(pool)]
    for network in pool.subnets(new_prefix=_LINK_PREFIX):
        if not any(network.overlaps(other) for other in occupied):
            gateway, address = network.hosts()
            return Link(gateway=str(gateway), address=str(address))
    raise RefusedError(
        f"no free network for a sandbox host in {pool}: end hosts with ./longhouse down --all, "
        "or set LONGHOUSE_SANDBOX_NETWORK to a private range this machine does not route"
    )


def pool_from(setting: str) -> IPv4Network:
    """The network that LONGHOUSE_SANDBOX_NETWORK names; RefusedError when it is none."""
    try:
        network = ip_network(setting)
    except ValueError as error:
        raise RefusedError(f"LONGHOUSE_SANDBOX_NETWORK={setting}: {error}; write it like 10.213.0.0/16") from error
    if not isinstance(network, IPv4Network) or network.prefixlen > _LINK_PREFIX:
        raise RefusedError(f"LONGHOUSE_SANDBOX_NETWORK={setting}: an IPv4 network of /30 or larger, like 10.213.0.0/16")
    return network
