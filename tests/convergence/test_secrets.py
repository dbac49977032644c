"""No secret shows where somebody may read it: on a live host, while the site runs, and in what Ansible prints."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.convergence import search_host
from tests.convergence.secret_values import current_versions, derived, needles
from tests.convergence.site import ROOT, SandboxHost, play

SCRIPT = Path(search_host.__file__).read_text()


def searcher(host: SandboxHost, *arguments: str) -> list[str]:
    return [*host.ssh, shlex.join(["python3", "-c", SCRIPT, *arguments])]


def places(host: SandboxHost, texts: dict[str, str]) -> list[str]:
    """ "<name> in <place>" for every place on the host where a text shows."""
    asked = subprocess.run(
        searcher(host), input=json.dumps(texts) + "\n", capture_output=True, text=True, check=True, timeout=400
    )
    found: list[str] = json.loads(asked.stdout)
    return found


@contextmanager
def watched(host: SandboxHost, texts: dict[str, str], found: list[str]) -> Iterator[None]:
    """Look at the host's processes meanwhile; what shows is in `found` afterwards."""
    with subprocess.Popen(searcher(host, "watch"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdin is not None
        watcher.stdin.write(json.dumps(texts) + "\n")
        watcher.stdin.flush()
        yield
        found += json.loads(watcher.communicate(timeout=60)[0])


def test_no_secret_shows_on_a_live_host(host: SandboxHost) -> None:
    assert places(host, needles(derived(host.inventory))) == []


def test_the_search_finds_what_is_there(host: SandboxHost) -> None:
    """Or the test above could not fail."""
    planted = "planted-where-it-does-not-belong"
    host.run(f"systemd-cat -t planted echo {planted}-journal; echo {planted}-file > /run/planted; journalctl --sync")
    host.run(f"systemd-run --quiet --unit=planted --setenv=PLANTED={planted}-environment sleep infinity")
    try:
        found = places(host, {what: f"{planted}-{what}" for what in ("journal", "file", "environment")})
    finally:
        host.run("systemctl stop planted; rm /run/planted")
    for expected in (
        "journal in the journal",
        "file in /run/planted",
        "environment in environ of sleep",
        "environment in systemctl show",
    ):
        assert expected in found


def test_a_run_that_would_change_every_secret_shows_none(host: SandboxHost) -> None:
    """Old and new values, as verbose as anybody asks for, with differences; and on the host while it runs."""
    old, new = derived(host.inventory), derived(host.inventory, later=1)
    texts = needles({f"{name} (old)": value for name, value in old.items()})
    texts |= needles({f"{name} (new)": value for name, value in new.items()})
    versions = {name: version + 1 for name, version in current_versions(host.inventory).items()}
    seen: list[str] = []
    with watched(host, texts, seen):
        run = play(host, "--check", "--diff", "-vvv", "-e", json.dumps({"vault_secret_versions": versions}))
    assert run.status == 0, run.output[-4000:]
    # So many tasks have a secret to change; were it none, nothing would be shown that this could find.
    assert len(run.changed) >= 4
    assert seen == []
    assert [name for name, text in texts.items() if text in run.output] == []


def test_no_secret_is_in_the_logs_and_facts_on_this_side(host: SandboxHost) -> None:
    texts = needles(derived(host.inventory))
    logs = {path: path.read_text("utf-8", "replace") for path in (ROOT / ".longhouse/hosts").glob("*/*.log")}
    assert logs
    assert [f"{name} in {path}" for path, log in logs.items() for name, text in texts.items() if text in log] == []
