"""longhouse_snapshot is imported from where the roles ship it."""

from __future__ import annotations

import sys

from tests.unit.plugins import ROOT

sys.path.extend(str(ROOT / "roles" / role / "files") for role in ("snapshots", "base"))
