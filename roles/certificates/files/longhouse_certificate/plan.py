"""What the role decided for this host, and where things are."""

from __future__ import annotations

import ipaddress
import json
import ssl
from dataclasses import dataclass
from pathlib import Path

FILE = Path("/etc/longhouse/acme.json")
STATE = Path("/var/lib/longhouse/acme")
WEBROOT = Path("/run/longhouse-acme")


class CertificateError(Exception):
    """What went wrong, in one line a person can act on."""


@dataclass(frozen=True)
class Plan:
    """`directory` is the authority's URL; `ca_file` vouches for its server, "" means that every host trusts it.

    `names` are DNS names and addresses; `served` is the folder the edge reads; `state` holds the account and what was
    issued; `port` is the edge's.
    """

    directory: str
    email: str
    ca_file: str
    names: tuple[str, ...]
    served: Path
    port: int = 443
    state: Path = STATE
    webroot: Path = WEBROOT

    @property
    def issued(self) -> Path:
        """Folder of the newest pair the authority gave: fullchain.pem and privkey.pem."""
        return self.state / "certs" / "edge"

    @property
    def authority(self) -> Path:
        """File with the directory that the newest pair came from."""
        return self.state / "authority"

    def trust(self) -> ssl.SSLContext:
        """How connections to the authority are verified."""
        return ssl.create_default_context(cafile=self.ca_file or None)


def is_address(name: str) -> bool:
    """Whether a name of the edge is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def read(file: Path = FILE) -> Plan:
    """The plan of this host; raises CertificateError when the role has not written one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CertificateError(f"{file} is not there: certificates_source is not acme") from error
    return Plan(
        content["directory"], content["email"], content["ca_file"], tuple(content["names"]), Path(content["served"])
    )
