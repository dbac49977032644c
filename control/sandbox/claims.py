"""Which networks are spoken for by hosts of any clone on this machine, also before their interfaces exist."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from control import layout

# One file a network, named by its address; it holds the path of the host's record, and counts while that is there.
_FOLDER = layout.MACHINE / "networks"


def claimed() -> list[IPv4Network]:
    """Call it while `layout.MACHINE` is locked."""
    if not _FOLDER.is_dir():
        return []
    claims = {claim: Path(claim.read_text()) for claim in _FOLDER.iterdir()}
    for claim in [claim for claim, record in claims.items() if not record.exists()]:
        claim.unlink()
        del claims[claim]
    return [IPv4Network(claim.name.replace("-", "/")) for claim in claims]


def claim(network: IPv4Network, record: Path) -> None:
    """Speak for `network` as long as `record` exists."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / str(network).replace("/", "-")).write_text(str(record))
