"""All faults there are, by name."""

from __future__ import annotations

from tests.faults.clocks import CLOCKS
from tests.faults.disks import DISKS
from tests.faults.failpoints import FAILPOINTS
from tests.faults.fault import Fault
from tests.faults.mail import MAIL
from tests.faults.network import NETWORK
from tests.faults.poison import POISON
from tests.faults.processes import FREEZES, KILLS, LONG_FREEZES
from tests.faults.stores import STORES
from tests.faults.whole_host import REBOOT

# Chosen by seeded schedules.
DRAWN: tuple[Fault, ...] = (*KILLS, *FREEZES, *FAILPOINTS, *STORES, *MAIL, *NETWORK, *DISKS, *POISON, REBOOT)
# Only when named: they take long, or need a package that a host does not have of itself.
LONG = {f"{fault.name} 30 s": fault for fault in LONG_FREEZES}
FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*DRAWN, *CLOCKS)} | LONG
# What every run begins with: the kills that matter most, at the places where most can be lost.
FIXED = (
    "kill order relay",
    "kill order at relay.confirmed",
    "kill order at web.committed",
    "kill notification at consumer.committed",
    "kill notification at courier.sent",
    "kill RabbitMQ",
    "restart PostgreSQL",
)
