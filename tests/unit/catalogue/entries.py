"""Catalogue entries for tests, as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from tests.unit.plugins import filters

normalise = filters("catalogue")["catalogue_normalise"]


def entry(name: str = "order", port: int = 8082, **more: Any) -> dict[str, Any]:
    """The least an entry can say, and `more`."""
    return {"name": name, "port": port, "path": f"services/{name}", "app": f"{name}.main:app"} | more


def mistakes(services: Any, overrides: Any = None) -> list[str]:
    """The lines normalising complains with; fails when it accepts."""
    with pytest.raises(AnsibleFilterError) as caught:
        normalise(services, overrides)
    first, *lines = str(caught.value).split("\n")
    assert "in the catalogue, nothing was changed:" in first
    return [line.removeprefix("- ") for line in lines]
