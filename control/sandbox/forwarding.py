"""Machines whose firewall drops what they forward: Docker, for one, sets that policy for everything not its own.

Another nft table cannot overrule a drop, so the exception goes where the policy is, and leaves with the last host.
"""

from __future__ import annotations

import shutil
import subprocess

_LINKS = "ve-lh+"  # every sandbox host's link (names.interface)
_EXCEPTIONS = (
    ("-i", _LINKS, "-j", "ACCEPT"),
    ("-o", _LINKS, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
)


def allow() -> None:
    """Let hosts' packets through where the machine's policy is to drop. Safe to repeat."""
    if shutil.which("iptables") is None or "-P FORWARD DROP" not in _iptables("-S", "FORWARD").stdout:
        return
    for exception in _EXCEPTIONS:
        if _iptables("-C", "FORWARD", *exception).returncode != 0:
            _iptables("-I", "FORWARD", *exception)


def forget() -> None:
    """Take the exceptions back, if there are any."""
    if shutil.which("iptables") is None:
        return
    for exception in _EXCEPTIONS:
        while _iptables("-D", "FORWARD", *exception).returncode == 0:
            continue


def _iptables(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["iptables", "--wait", *arguments], capture_output=True, text=True, check=False)
