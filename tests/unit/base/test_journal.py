"""What journald is told: it passes over a size that it cannot read, and goes on with its own."""

from __future__ import annotations

import re

import pytest

from tests.unit.plugins import ROOT

ROLE = ROOT / "roles" / "base"
SETTINGS = (ROLE / "templates" / "systemd" / "journald.conf.d" / "longhouse.conf.j2").read_text()


@pytest.mark.parametrize("line", re.findall(r"^(?:System|Runtime)\w+=.*$", SETTINGS, re.MULTILINE))
def test_sizes_are_in_bytes(line: str) -> None:
    """Not in percent, which journald.conf(5) knows nothing of."""
    default = re.search(r"^base_journal_size: (\S+)$", (ROLE / "defaults" / "main.yml").read_text(), re.MULTILINE)
    assert default
    value = line.partition("=")[2].replace("{{ base_journal_size }}", default[1])
    assert re.fullmatch(r"\d+[KMGT]?", value), line
