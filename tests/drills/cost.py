"""`python -m tests.drills.cost --host NAME`: what it costs to see everything, on a host that has nothing else to do.

Memory: the proportional share (PSS) of every process of the units that watch. Time: what the processor spends in the
web unit on one read of an order, with request ids, traces, access records and metrics, and without them, in turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox

TURNS, WARM, REQUESTS = 4, 300, 3000
UNITS = "prometheus* longhouse-console*"
DROP_IN = "/run/systemd/system/longhouse-order@.service.d/cost.conf"
# Read by the interpreter before anything of the service; what it takes away is the layer that sees.
BLIND = """
from chassis.observability import access
async def pass_through(self, scope, receive, send):
    await self.app(scope, receive, send)
access.AccessMiddleware.__call__ = pass_through
"""
MEMORY = f"""
for unit in $(systemctl list-units --plain --no-legend --state=active {UNITS} | cut -d' ' -f1); do
  case $unit in *.service) cat /sys/fs/cgroup$(systemctl show -P ControlGroup $unit)/cgroup.procs;; esac
done | while read -r process; do sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/$process/smaps_rollup; done
"""
ASK = """
import http.client, json, socket, subprocess, sys, time
colour, path, token, warm, requests = sys.argv[1:]
class Direct(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(f"/run/longhouse/order/{colour}.sock")
def used():
    words = ["systemctl", "show", "-P", "CPUUsageNSec", f"longhouse-order@{colour}"]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
def ask(count):
    took = []
    for _ in range(int(count)):
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        response.read()
        took.append(time.perf_counter() - begun)
    return sorted(took)
connection = Direct("order")
ask(warm)
before = used()
took = ask(requests)
print(json.dumps({"cpu_us": (used() - before) / int(requests) / 1000, "median_us": took[len(took) // 2] * 1e6}))
"""


def main(argv: list[str]) -> int:
    """Print both; exit status 0 when they could be measured, whatever they are."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.cost", description=__doc__)
    parser.add_argument("--host", required=True)
    sandbox = Sandbox.read(parser.parse_args(argv).host)
    kilobytes = sum(int(line) for line in sandbox.run(MEMORY).split())
    print(f"watching units: {kilobytes / 1024:.0f} MiB")
    customer = Client(sandbox.base_url, sandbox.ca_file)
    customer.register()
    path = f"/api/orders/{customer.order().json()['id']}"
    try:
        taken = [measure(sandbox, customer, path, seeing=seeing) for _ in range(TURNS) for seeing in (True, False)]
    finally:
        restart(sandbox, seeing=True)
    seeing, blind = taken[::2], taken[1::2]
    for what in ("cpu_us", "median_us"):
        with_it, without = (statistics.median(turn[what] for turn in turns) for turns in (seeing, blind))
        print(
            f"GET /api/orders/{{id}}, {what}: {with_it:.0f} with, {without:.0f} without: {with_it / without - 1:+.1%}"
        )
    return 0


def measure(sandbox: Sandbox, customer: Client, path: str, *, seeing: bool) -> dict[str, float]:
    """``{"cpu_us": of the unit for one request, "median_us": until its answer}``."""
    colour = restart(sandbox, seeing=seeing)
    arguments = f"{colour} {path} {customer.tokens['access_token']} {WARM} {REQUESTS}"
    taken: dict[str, float] = json.loads(sandbox.run(f"python3 - {arguments} <<'END'\n{ASK}\nEND"))
    print(f"  {'with' if seeing else 'without':8}{json.dumps(taken)}", flush=True)
    return taken


def restart(sandbox: Sandbox, *, seeing: bool) -> str:
    """Start the orders' web unit with or without what sees; its colour."""
    services = json.loads(sandbox.run("lhctl status --json"))["services"]
    colour = str(next(service["active"] for service in services if service["name"] == "order"))
    folder = DROP_IN.rpartition("/")[0]
    blinding = f"mkdir -p /run/blind {folder} && cat > /run/blind/sitecustomize.py <<'END'\n{BLIND}\nEND\n"
    blinding += f"printf '[Service]\\nEnvironment=PYTHONPATH=/run/blind\\n' > {DROP_IN}"
    prepare = f"rm -rf /run/blind {folder}" if seeing else blinding
    sandbox.run(f"{prepare}\nsystemctl daemon-reload && systemctl restart longhouse-order@{colour}")
    return colour


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
