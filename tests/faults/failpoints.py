"""Deaths at the worst moments: named failpoints in the services, armed by a file, carried out once."""

from __future__ import annotations

from tests.faults.fault import MISSED, Fault
from tests.faults.processes import THAW

POINTS = (
    ("order", "web.inserted"), ("order", "web.committing"), ("order", "web.committed"),
    ("order", "relay.claimed"), ("order", "relay.published"), ("order", "relay.confirmed"), ("order", "relay.settled"),
    ("notification", "consumer.inboxed"), ("notification", "consumer.handled"), ("notification", "consumer.committed"),
    ("notification", "courier.claimed"), ("notification", "courier.sent"),
)  # fmt: skip


def failpoint(service: str, name: str, action: str) -> Fault:
    """Die (``kill``) or freeze (``stop``) at ``name``, once; a freeze ends with the fault."""
    folder = f"/run/longhouse/{service}/failpoints"
    owner = f"-o longhouse_{service} -g longhouse_{service}"
    arm = f"install -d -m 0700 {owner} {folder} && echo {action} > /run/armed && chown longhouse_{service} /run/armed"
    return Fault(
        f"{action} {service} at {name}",
        f"{arm} && mv /run/armed {folder}/{name}",
        f"rm {folder}/{name} 2>/dev/null && echo {MISSED}; {THAW}",
        seconds=(1.5, 3.0) if action == "kill" else (3.0, 12.0),
        weight=3 if action == "kill" else 1,
    )


FAILPOINTS = tuple(failpoint(service, name, action) for service, name in POINTS for action in ("kill", "stop"))
