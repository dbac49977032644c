"""A mail server in all its moods; the mailsink role's server does what its file says."""

from __future__ import annotations

from tests.faults.fault import Fault

_FILE = "/run/longhouse-mailsink/behaviour"
# Not waited for: it is ready when it answers, which a fault of the network beside this one may still prevent.
_START = "systemctl restart --no-block longhouse-mailsink"
# Behaviours of roles/mailsink, with how often schedules choose each.
MOODS = {
    "busy": 1,
    "greylist": 1,
    "later": 1,
    "reject": 1,
    "reject-content": 1,
    "silent": 2,
    "slow": 1,
    "cut": 2,
    "keep-and-cut": 3,
}


def mood(name: str, weight: int) -> Fault:
    """The server behaves like this for a while."""
    # A session that hangs in a silent answer would keep its client for as long: the next start ends them.
    heal = f"if [ -e {_FILE} ]; then rm -f {_FILE}; {_START}; fi"
    return Fault(f"mail server {name}", f"echo {name} > {_FILE}", heal, seconds=(2.0, 8.0), weight=weight)


MAIL = (
    *(mood(name, weight) for name, weight in MOODS.items()),
    Fault(
        "mail server absent",
        "systemctl stop longhouse-mailsink",
        _START,
        seconds=(2.0, 8.0),
    ),
)
