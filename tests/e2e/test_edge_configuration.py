"""The edge's configuration as the host runs it, read by a program that knows how Nginx is misconfigured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.sandbox import Sandbox


def test_an_analyser_has_nothing_to_say(sandbox: Sandbox, tmp_path: Path) -> None:
    """Without a version: which mistakes of Nginx itself are mended, Debian knows better than its number."""
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(sandbox.run("nginx -T 2>/dev/null"))
    words = [str(Path(sys.executable).parent / "gixy"), "--format", "json", str(configuration)]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
    assert [(one["severity"], one["plugin"], one["reason"], one["config"]) for one in found] == []
