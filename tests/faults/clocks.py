"""Clocks that are set while processes run: libfaketime tells the processes of some units another time.

The clock of the machine, which the host shares, is never touched. Only the time of day moves; what counts seconds goes
on, as it does when a real clock is set.
"""

from __future__ import annotations

from tests.faults.fault import Fault

_FOLDER = "/run/longhouse-faults"
_UNITS = "/run/systemd/system"
# Debian's package; it comes to the host when a clock is first set there, and needs a way to Debian then.
_FIND = "library=$(dpkg -L libfaketime 2>/dev/null | grep -m1 /libfaketime.so.1)"
_INSTALL = f"{_FIND} || {{ apt-get install -qq -y libfaketime >/dev/null 2>&1; {_FIND}; }}"
_ENVIRONMENT = "FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1"
SERVICES = ("order", "user", "notification")


def clock_set(name: str, kind: str, offset: str, honest: frozenset[int] = frozenset()) -> Fault:
    """The time of day jumps by ``offset`` for all units of the ``kind``, and some seconds later back again."""
    clock = f"{_FOLDER}/clock-of-{kind.strip('-') or 'web'}"
    templates = " ".join(f"longhouse-{service}{kind}@" for service in SERVICES)
    start = (
        "systemctl daemon-reload; systemctl restart"
        f" $(for unit in {templates}; do systemctl list-units --plain --no-legend $unit* | cut -d' ' -f1; done)"
    )
    inject = (
        f"set -e; {_INSTALL}; mkdir -p {_FOLDER}; echo +0 > {clock};"
        f" for unit in {templates}; do mkdir -p {_UNITS}/$unit.service.d; printf '%s\\n' '[Service]'"
        f' "Environment=LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE={clock} {_ENVIRONMENT}"'
        f" > {_UNITS}/$unit.service.d/clock.conf; done; {start}; sleep 1; echo {offset} > {clock}"
    )
    # First the clock goes back while they live with it; then they start without the library.
    heal = (
        f"if [ -e {clock} ]; then echo +0 > {clock}; sleep 3; rm -f {clock};"
        f" for unit in {templates}; do rm -f {_UNITS}/$unit.service.d/clock.conf; done; {start}; fi"
    )
    return Fault(f"clock of the {name} {offset}", inject, heal, seconds=(6.0, 12.0), honest=honest)


CLOCKS = (
    *(clock_set("fleets", "-fleet", offset) for offset in ("+1h", "-1h")),
    # Tokens are over at once when the clock is ahead, and come from the future when it goes back: log in again.
    *(clock_set("web units", "", offset, frozenset({401})) for offset in ("+1h", "-1h")),
)
