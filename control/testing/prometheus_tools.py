"""promtool and amtool on the controlling side, without installing the daemons they come with.

Debian's packages would start Prometheus on this machine; their files are enough.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from control import layout
from control.locking import locked

# Packages that may hold a tool, by Debian release: promtool has one of its own since Debian 13.
PACKAGES = {"promtool": ("promtool", "prometheus"), "amtool": ("prometheus-alertmanager",)}


def tool(name: str) -> str:
    """Path of `promtool` or `amtool`: the installed one, else one unpacked into .longhouse/tools (once)."""
    if found := shutil.which(name):
        return found
    folder = layout.STATE / "tools"
    path = folder / "usr" / "bin" / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        for package in PACKAGES[name]:
            if not path.exists():
                _unpack(package, folder)
    if not path.exists():
        raise FileNotFoundError(f"none of the packages {', '.join(PACKAGES[name])} brought {name}; install it by hand")
    return str(path)


def _unpack(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        kept = sorted(layout.PACKAGES.glob(f"{package}_*.deb"))
        if not kept:
            # apt drops to its own user for downloads, which must be able to write here.
            Path(place).chmod(0o777)
            subprocess.run(["apt-get", "download", "--quiet", package], cwd=place, check=False)
            kept = sorted(Path(place).glob("*.deb"))
        for file in kept[-1:]:
            subprocess.run(["dpkg-deb", "--extract", str(file), str(folder)], check=True)
