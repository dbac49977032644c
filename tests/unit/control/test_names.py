"""A host's name becomes a folder, a host name and an interface: it must fit all three."""

from __future__ import annotations

from pathlib import Path

import pytest

from control import layout
from control.errors import RefusedError
from control.sandbox.names import checked, interface


@pytest.mark.parametrize("name", ["sandbox", "a", "molecule-default", "h2", "x" * 32])
def test_usable_names(name: str) -> None:
    assert checked(name) == name


@pytest.mark.parametrize("name", ["", "Sandbox", "a_b", "-a", "a-", "2a", "../x", "a b", "x" * 33, "a\n"])
def test_other_names_are_refused_with_the_rule(name: str) -> None:
    with pytest.raises(RefusedError, match="lower-case letters, digits and dashes"):
        checked(name)


def test_an_interface_name_fits_the_kernel_and_belongs_to_one_host_of_one_clone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = [interface("molecule-certificates-a"), interface("molecule-certificates-b")]
    monkeypatch.setattr(layout, "HOSTS", tmp_path / "another-clone")
    names.append(interface("molecule-certificates-a"))
    assert len(set(names)) == 3
    assert all(len(name) <= 15 for name in names)
