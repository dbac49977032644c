"""What role release promises: every service serves the release its state names, and lhctl can say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from testinfra.host import Host

LINKS = 20
TRUSTED = "/etc/longhouse/trusted/artifact.pub"
# With its own hash as the expected one, so that only the signature is left to object.
READ = """
import hashlib, sys
sys.path.insert(0, "/usr/local/lib/longhouse")
from pathlib import Path
from lhctl.artifact import Artifact
from lhctl.errors import StepFailedError
path = Path(sys.argv[1])
try:
    print(Artifact.read(path, hashlib.sha256(path.read_bytes()).hexdigest(), Path(sys.argv[2])).manifest["service"])
except StepFailedError as error:
    print("refused:", error)
"""


def status(host: Host) -> list[dict[str, Any]]:
    services: list[dict[str, Any]] = json.loads(host.check_output("lhctl status --json"))["services"]
    return [service for service in services if service["active"]]


def test_every_service_is_live_and_whole(host: Host) -> None:
    assert status(host)
    for service in status(host):
        assert (service["state"], service["unfinished"]) == ("live", None), service
        assert set(service["programs"].values()) <= {"RUNNING"}, service
        assert service["releases"][service["active"]]["restarts"] == 0, "something had to be started again"


def test_all_links_lead_to_the_active_colour(host: Host) -> None:
    for service in status(host):
        links = host.check_output(f"readlink /run/longhouse/{service['name']}/upstream/*").split()
        assert links == [f"/run/longhouse/{service['name']}/{service['active']}.sock"] * LINKS


def test_the_links_answer_with_the_release_that_the_state_names(host: Host) -> None:
    ask = (
        "import json, sys; sys.path.insert(0, '/usr/local/lib/longhouse'); from pathlib import Path; "
        "from lhctl.network import SocketProbe; "
        "print(json.dumps(SocketProbe().get(Path(sys.argv[1]), '/readyz').body))"
    )
    for service in status(host):
        answer = json.loads(host.check_output(f'python3 -c "{ask}" /run/longhouse/{service["name"]}/upstream/13'))
        assert (answer["version"], answer["colour"]) == (service["version"], service["active"])


def test_the_next_boot_starts_the_active_colour_alone(host: Host) -> None:
    for service in status(host):
        other = {"blue": "green", "green": "blue"}[service["active"]]
        assert host.service(f"longhouse-{service['name']}@{service['active']}").is_enabled
        assert not host.service(f"longhouse-{service['name']}@{other}").is_enabled


def test_there_is_nothing_left_to_do(host: Host) -> None:
    assert json.loads(host.check_output("lhctl converge --check --json"))["changed"] == []


def test_every_step_was_recorded_with_its_duration(host: Host) -> None:
    lines = host.file("/var/lib/longhouse/releases.jsonl").content_string.splitlines()
    events = [json.loads(line) for line in lines]
    assert all(event["seconds"] >= 0 and event["time"] and event["run"] for event in events)
    for service in status(host):
        done = {event["step"] for event in events if event["service"] == service["name"] and event["outcome"] == "done"}
        assert {"install", "preflight", "start", "smoke", "switch", "verify"} <= done


def test_releases_are_roots_and_run_from_the_host_s_own_python(host: Host) -> None:
    for service in status(host):
        release = f"/opt/longhouse/{service['name']}/{service['active']}"
        assert host.check_output(f"readlink -f {release}/venv/bin/python").startswith("/usr/bin/python3")
        assert host.check_output(f"find {release}/ ! -user root | head -1") == ""
        assert host.check_output(f"find {release}/ -perm /022 ! -type l | head -1") == ""


def test_releases_of_the_same_wheels_share_them(host: Host) -> None:
    """Disk, and memory for the libraries: the same files, not copies."""
    for service in status(host):
        module = (
            f"/opt/longhouse/{service['name']}/{service['active']}/venv/lib/python3.*/site-packages/gunicorn/arbiter.py"
        )
        assert int(host.check_output(f"stat -c %h {module}")) > 1


@pytest.fixture
def artifact(host: Host) -> Iterator[str]:
    """A copy of an artifact with its signatures, on the host, to be spoilt."""
    source = host.check_output("ls -t /opt/longhouse/artifacts/*.tar | head -1")
    folder = host.check_output("mktemp --directory")
    host.check_output(f"cp {source} {source}.*.minisig {folder}")
    yield host.check_output(f"ls {folder}/*.tar")
    host.check_output(f"rm -r {folder}")


def verdict(host: Host, artifact: str) -> str:
    return str(host.check_output("python3 -c %s %s %s", READ, artifact, TRUSTED))


def test_an_artifact_signed_by_the_trusted_key_is_taken(host: Host, artifact: str) -> None:
    assert verdict(host, artifact) in artifact


def test_an_artifact_with_a_changed_byte_is_refused(host: Host, artifact: str) -> None:
    host.check_output(f"printf x | dd of={artifact} bs=1 seek=4000 conv=notrunc status=none")
    assert "does not hold" in verdict(host, artifact)


def test_an_artifact_without_a_signature_is_refused(host: Host, artifact: str) -> None:
    host.check_output(f"rm {artifact}.*.minisig")
    assert "is not signed by key" in verdict(host, artifact)


def test_a_signature_by_another_key_is_refused_whatever_it_calls_itself(host: Host, artifact: str) -> None:
    key_id = host.check_output(f"tail -1 {TRUSTED} | base64 -d | head -c 10 | tail -c 8 | od -An -tx1 | tr -d ' \\n'")
    signature = f"{artifact}.{key_id}.minisig"
    host.check_output(f"rm {artifact}.*.minisig; minisign -G -W -f -p {artifact}.pub -s {artifact}.key")
    host.check_output(f"minisign -S -s {artifact}.key -x {signature} -m {artifact}")
    assert "does not hold" in verdict(host, artifact)
