"""What no release is made from any more goes; what any release refers to, and what has just come, stays."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from pathlib import Path

import pytest

from lhctl import leftovers
from lhctl.layout import Layout
from lhctl.software import ReleaseStore

INSTALLER = "uv-1.whl"


def manifest(version: str, *wheels: str) -> dict[str, object]:
    own = {"file": "order.whl", "own": True, "sha256": version}
    listed = [own, *({"file": wheel, "own": False, "sha256": wheel} for wheel in wheels)]
    return {"service": "order", "version": version, "python": "3.13", "wheels": listed}


def artifact(layout: Layout, version: str, *wheels: str) -> None:
    layout.artifacts.mkdir(parents=True, exist_ok=True)
    content = json.dumps(manifest(version, *wheels)).encode()
    with tarfile.open(layout.artifacts / f"order-{version}.tar", "w") as archive:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    (layout.artifacts / f"order-{version}.tar.minisig").write_text("signed")
    layout.wheels.mkdir(parents=True, exist_ok=True)
    for name in (*wheels, INSTALLER):
        (layout.wheels / name).write_text(name)


def installed(layout: Layout, version: str, *wheels: str) -> None:
    artifact(layout, version, *wheels)
    folder = layout.service("order").release(version)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest(version, *wheels)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Releases 1 to 3 are installed, 4 is asked for and not installed yet; each has a wheel of its own."""
    layout = Layout(tmp_path)
    for version in ("1", "2", "3"):
        installed(layout, version, "shared.whl", f"only-{version}.whl")
    artifact(layout, "4", "shared.whl", "only-4.whl")
    service = {"name": "order", "state": "live", "version": "4", "artifact": "order-4.tar", "sha256": "0"}
    document = {
        "services": [service, {"name": "gone", "state": "retired"}],
        "installer": {"file": INSTALLER, "sha256": "0"},
    }
    layout.desired.parent.mkdir(parents=True)
    layout.desired.write_text(json.dumps(document))
    return layout


def test_what_the_releases_kept_are_made_from_stays_and_the_rest_goes(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = layout.service("order").releases / ".9.new"
    scratch.mkdir()
    monkeypatch.setattr(leftovers, "ON_ITS_WAY_SECONDS", -1.0)
    assert ReleaseStore(layout).prune("order", ["2", "3"]) == ["1"]
    kept = [f"order-{version}.tar{kind}" for version in "234" for kind in ("", ".minisig")]
    assert names(layout.artifacts) == kept
    assert names(layout.wheels) == ["only-2.whl", "only-3.whl", "only-4.whl", "shared.whl", INSTALLER]
    assert not scratch.exists()


def test_what_a_play_has_just_brought_stays_however_old_the_file_says_it_is(layout: Layout) -> None:
    artifact(layout, "5", "only-5.whl")
    for path in (*layout.artifacts.iterdir(), *layout.wheels.iterdir()):
        os.utime(path, (0, time.time() - 1e6))
    assert leftovers.remove(layout) == []


def test_nothing_goes_from_a_host_that_was_told_nothing(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ON_ITS_WAY_SECONDS", -1.0)
    layout.desired.unlink()
    assert leftovers.remove(layout) == []


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 10240], ids=["empty", "garbage", "nothing inside"])
def test_nothing_goes_while_it_cannot_be_told_what_a_release_asked_for_needs(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(leftovers, "ON_ITS_WAY_SECONDS", -1.0)
    (layout.artifacts / "order-4.tar").write_bytes(content)
    before = names(layout.wheels), names(layout.artifacts)
    assert ReleaseStore(layout).prune("order", ["2", "3"]) == ["1"]
    assert (names(layout.wheels), names(layout.artifacts)) == before


def test_what_is_installed_needs_no_artifact_that_can_be_read(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ON_ITS_WAY_SECONDS", -1.0)
    (layout.artifacts / "order-2.tar").write_bytes(b"damaged")
    ReleaseStore(layout).prune("order", ["2", "3"])
    assert "only-2.whl" in names(layout.wheels)
    assert "only-1.whl" not in names(layout.wheels)
