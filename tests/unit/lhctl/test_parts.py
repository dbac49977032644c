"""The small parts: documents, links, fingerprints, fleets, artifacts, reports."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lhctl import links, report
from lhctl.artifact import Artifact, environment_of
from lhctl.converge import Outcome
from lhctl.desired import Desired
from lhctl.errors import RefusedError, StepFailedError
from lhctl.fingerprint import configuration_of
from lhctl.fleet import DEATHS, WITHIN_SECONDS, Watch
from lhctl.layout import Layout
from lhctl.software import ReleaseStore
from lhctl.supervisor import Program

SERVICE = {"name": "order", "state": "live", "version": "1-a", "artifact": "order-1-a.tar", "sha256": "0"}


def document(path: Path, **changes: Any) -> Path:
    content = {"installer": {"file": "uv.whl", "sha256": "0"}, "services": [SERVICE | changes]}
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "../etc"}, "is no service name"),
        ({"state": "alive"}, "none of planned, live, retired"),
        ({"version": "../../x"}, "is no version"),
        ({"version": ""}, "is no version"),
        ({"artifact": "/etc/shadow"}, "plain file name"),
        ({"colour": "red"}, "misspells"),
        ({"keep_warm_seconds": "0"}, "keep_warm_seconds '0' must be int"),
    ],
)
def test_a_wrong_document_is_refused_by_file_and_key(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    path = document(tmp_path / "desired.json", **changes)
    with pytest.raises(RefusedError, match=complaint) as error:
        Desired.read(path)
    assert str(path) in str(error.value)


def test_a_partial_document_changes_only_its_services(tmp_path: Path) -> None:
    whole = Desired.read(document(tmp_path / "a.json"))
    part = Desired.read(document(tmp_path / "b.json", name="user", version="2"))
    merged = part.merged_into(whole)
    assert {service.name: service.version for service in merged.services} == {"order": "1-a", "user": "2"}
    (tmp_path / "c.json").write_text(merged.text())
    assert Desired.read(tmp_path / "c.json") == merged


def test_an_unknown_service_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="known: order"):
        Desired.read(document(tmp_path / "a.json")).only(["odrer"])


def test_links_follow_the_weights(tmp_path: Path) -> None:
    service = Layout(tmp_path).service("order")
    assert links.point(service, {"green": 2, "blue": 18}) == 20
    assert links.read(service) == ["green"] * 2 + ["blue"] * 18
    assert links.point(service, {"green": 5, "blue": 15}) == 3
    assert links.point(service, {"green": 5, "blue": 15}) == 0
    assert [path.name for path in sorted(service.upstream.iterdir())] == [f"{number:02d}" for number in range(20)]
    assert links.point(service, {}) == 20
    with pytest.raises(ValueError, match="do not make 20"):
        links.plan({"blue": 19})


def test_whatever_a_process_reads_changes_the_fingerprint(tmp_path: Path) -> None:
    service = Layout(tmp_path).service("order")
    places = [
        "etc/systemd/system/longhouse-order@.service",
        "etc/systemd/system/longhouse-order@.service.d/limits.conf",
        "etc/systemd/system/longhouse-order-fleet@.service",
        "etc/longhouse/order/env",
        "etc/longhouse/order/fleet.conf",
        "etc/longhouse/credentials/order/cursor_key",
    ]
    seen = {configuration_of(service)}
    for place in places:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a")
        seen.add(configuration_of(service))
        path.write_text("b")
        seen.add(configuration_of(service))
    assert len(seen) == 1 + 2 * len(places)
    (tmp_path / "etc/longhouse/user").mkdir()
    (tmp_path / "etc/longhouse/user/env").write_text("another service")
    assert configuration_of(service) in seen


def test_a_program_in_fatal_ends_the_fleet() -> None:
    assert "relay could not be started" in Watch().verdict([Program("relay", "FATAL", 0)], 0.0)


def test_a_program_that_keeps_dying_ends_the_fleet_and_a_rare_death_does_not() -> None:
    often, rare = Watch(), Watch()
    verdicts = [often.verdict([Program("worker", "RUNNING", start)], start) for start in range(100, 100 + DEATHS + 1)]
    assert verdicts[:-1] == [""] * DEATHS
    assert "worker ended 5 times" in verdicts[-1]
    calm = [rare.verdict([Program("worker", "RUNNING", 1 + n)], n * WITHIN_SECONDS) for n in range(3 * DEATHS)]
    assert calm == [""] * len(calm)


def tar_of(path: Path, *, wheel: str = "a-1-py3-none-any.whl", content: bytes = b"wheel", sha256: str = "") -> str:
    """An artifact with one own wheel; returns its hash."""
    wheels = [
        {
            "name": "a",
            "version": "1",
            "file": wheel,
            "sha256": sha256 or hashlib.sha256(content).hexdigest(),
            "own": True,
        }
    ]
    manifest = json.dumps({"service": "order", "version": "1", "python": "3.13", "wheels": wheels}).encode()
    with tarfile.open(path, "w") as archive:
        for name, data in (("manifest.json", manifest), (f"wheels/{wheel}", content)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_artifact_is_read_only_when_all_hashes_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    digest = tar_of(path)
    nobody = tmp_path / "none.pub"
    assert Artifact.read(path, digest, nobody).own == {"a-1-py3-none-any.whl": b"wheel"}
    with pytest.raises(StepFailedError, match="expected 0000"):
        Artifact.read(path, "0" * 64, nobody)
    with pytest.raises(StepFailedError, match="does not match its hash"):
        Artifact.read(path, tar_of(path, sha256="0" * 64), nobody)
    with pytest.raises(StepFailedError, match="is a path"):
        Artifact.read(path, tar_of(path, wheel="../../bin/sh"), nobody)
    with pytest.raises(StepFailedError, match="not on this host"):
        Artifact.read(tmp_path / "none.tar", digest, nobody)


def test_sets_of_wheels_go_with_the_last_release_that_has_them(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    manifests = {version: {"python": "3.13", "wheels": [{"sha256": version, "own": False}]} for version in ("1", "2")}
    for version, manifest in manifests.items():
        release = layout.service("order").release(version)
        release.mkdir(parents=True)
        (release / "manifest.json").write_text(json.dumps(manifest))
        (layout.environments / environment_of(manifest)).mkdir(parents=True)
    assert ReleaseStore(layout).prune("order", ["2"]) == ["1"]
    assert [path.name for path in layout.environments.iterdir()] == [environment_of(manifests["2"])]


def test_a_failure_is_reported_with_evidence_and_the_next_command() -> None:
    failure = {
        "step": "start", "reason": "unit did not start", "unit": "longhouse-order@green.service",
        "log": ["ImportError: x"], "answer": "503 not ready", "serving": "1",
    }  # fmt: skip
    text = report.as_text(report.as_data([Outcome("order", "2", "release", "1 runs", 1.0, failure)], 1.0))
    for part in ("FAILED", "step start", "ImportError: x", "503 not ready", "1 still serves"):
        assert part in text
    assert "next: journalctl -u longhouse-order@green.service -n 100" in text
