"""docs/operations/logs.md, "Older than the host keeps": its own commands find a request and a figure in an archive."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import ROOT, Sandbox
from tests.e2e.waiting import eventually

PAGE = ROOT / "docs" / "operations" / "logs.md"
ON_THE_PAGE, FOLDER = "/root/before", "/root/archive-of-a-test"
# An hour of one figure, older than what Prometheus has in hand: a block, as it makes one every two hours.
BLOCK = """
python3 -c '
begun = {begun}
print("# TYPE up gauge")
for number in range(240):
    print("up{{job=\\"archived\\"}} 1", begun + 15 * number)
print("# EOF")' > /run/figures && chmod 644 /run/figures
runuser -u prometheus -- promtool tsdb create-blocks-from openmetrics /run/figures {folder}
rm /run/figures
"""
METRICS = "/var/lib/prometheus/metrics2"


def commands(page: str) -> list[str]:
    """What is typed after a `# ` in the section's block, without what is said of it."""
    section = page.partition("## Older than the host keeps")[2]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block
    return [re.split(r"\s{2,}#", line.removeprefix("# "))[0] for line in block[1].splitlines()]


@pytest.fixture
def trace(sandbox: Sandbox, customer: Client) -> Iterator[str]:
    """A request that is in the archive, beside a block of figures."""
    traceparent = customer.order().headers["traceparent"]
    trace = traceparent.split("-")[1]
    eventually(lambda: sandbox.run(f"journalctl -q --no-pager TRACE_ID={trace}"), within=20, what="record of the order")
    kept = set(sandbox.run(f"ls {METRICS}").split())
    sandbox.run(BLOCK.format(begun=int(time.time()) - 6 * 3600, folder=METRICS))
    sandbox.run("systemctl start longhouse-snapshot-archive")
    yield trace
    made = set(sandbox.run(f"ls {METRICS}").split()) - kept
    sandbox.run(f"rm -rf {FOLDER} {' '.join(f'{METRICS}/{block}' for block in made)}")


def test_what_was_archived_is_read_with_the_commands_of_the_page(sandbox: Sandbox, trace: str) -> None:
    bring, lines, *figures = (command.replace(ON_THE_PAGE, FOLDER) for command in commands(PAGE.read_text()))
    sandbox.run(bring)
    assert '"POST"' in sandbox.run(lines.replace("<32 hex>", trace) + " -o cat --no-pager -t nginx_access")
    assert 'job="archived"' in sandbox.run(" && ".join(figures))
