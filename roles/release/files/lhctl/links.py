"""The links the edge connects through. nginx resolves them at each connect, so renaming one moves traffic at once."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lhctl.layout import LINK_COUNT, ServiceLayout


def plan(weights: Mapping[str, int]) -> list[str]:
    """The colour of each link, e.g. `{"green": 2, "blue": 18}` -> two green ones first."""
    colours = [colour for colour, count in weights.items() for _ in range(count)]
    if colours and len(colours) != LINK_COUNT:
        raise ValueError(f"weights {dict(weights)} do not make {LINK_COUNT} links")
    return colours


def read(service: ServiceLayout) -> list[str]:
    """The colour each link leads to now; empty text where there is none."""
    return [
        os.path.basename(os.readlink(link)).partition(".")[0] if link.is_symlink() else "" for link in service.links()
    ]


def point(service: ServiceLayout, weights: Mapping[str, int]) -> int:
    """Make the links as `weights` asks, each by one atomic rename; returns how many moved."""
    wanted = plan(weights)
    moved = 0
    service.upstream.mkdir(mode=0o755, parents=True, exist_ok=True)
    for link, colour in zip(service.links(), wanted or [""] * LINK_COUNT, strict=True):
        moved += _lead(link, str(service.socket(colour)) if colour else "")
    return moved


def _lead(link: os.PathLike[str], target: str) -> bool:
    present = os.readlink(link) if os.path.islink(link) else ""
    if present == target:
        return False
    if not target:
        os.unlink(link)
        return True
    scratch = f"{os.fspath(link)}.new"
    if os.path.lexists(scratch):
        os.unlink(scratch)
    os.symlink(target, scratch)
    os.replace(scratch, link)
    return True
