"""What each verb that changes something does, one run at a time."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from lhctl import lock, metrics, restarting, runs, steering, upgrading
from lhctl.events import Recorder, trim
from lhctl.ports import Host

Run = Callable[[Host, argparse.Namespace, Recorder], dict[str, Any]]
VERBS: dict[str, Run] = {
    "converge": runs.converge,
    "contract": runs.contract,
    "cool": runs.cool,
    "deploy": runs.deploy,
    "links": runs.restore_links,
    "restart": restarting.restart,
    "retire": runs.retire,
    "rollback": runs.rollback,
    "upgrade": upgrading.upgrade,
}


def work(host: Host, options: argparse.Namespace) -> dict[str, Any]:
    """Do what `options.verb` says; the result is `report.as_data`."""
    recorder = Recorder(host.layout.events, host.clock, options.run)
    if getattr(options, "check", False):
        return runs.preview(host, options, recorder)
    if options.verb in {"promote", "abort"}:
        # The run that is in its canary holds the lock.
        return steering.steer(host, options, recorder)
    with lock.held(host.layout.lock, options.wait, f"lhctl {options.verb}"):
        try:
            return VERBS[options.verb](host, options, recorder)
        finally:
            metrics.write(host.layout)
            trim(host.layout.events)
