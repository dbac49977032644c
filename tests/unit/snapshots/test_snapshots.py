"""What snapshots are made of, where they go, and what is told about them."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from longhouse_snapshot import collecting, command, plan, programs, restoring

from tests.unit.plugins import filters

STORE = filters("backup")["backup_whole_store"](
    {"endpoint": "s3.example.com", "bucket": "shop", "region": "eu-central-1"}
)
NOTHING = plan.Plan("/repository", "shop1", (), ("redis",), {}, {}, (), {})
GOOD: dict[str, Any] = {"label": "a", "succeeded": 100, "bytes": 7, "seconds": 1.5, "error": None}


def test_each_host_has_a_repository_of_its_own_beside_the_databases() -> None:
    repository = filters("snapshots")["snapshots_repository"]
    assert repository(STORE, "shop1") == "s3:https://s3.example.com:443/shop/longhouse/files/shop1"
    assert repository({}, "shop1").startswith("/var/lib/")


def test_a_store_with_an_authority_and_no_names_per_bucket_is_asked_so() -> None:
    options = filters("snapshots")["snapshots_options"]
    assert options(STORE) == ["--option=s3.bucket-lookup=auto"]
    assert options(STORE | {"path_style": True, "ca_file": "/ca.pem"}) == [
        "--option=s3.bucket-lookup=path",
        "--cacert=/ca.pem",
    ]


def test_what_restic_is_given_to_see_is_not_secret() -> None:
    environment = filters("snapshots")["snapshots_environment"]
    assert environment(STORE) == {"AWS_DEFAULT_REGION": "eu-central-1"}


def test_redis_is_copied_with_its_manifest(tmp_path: Path) -> None:
    source = tmp_path / "appendonlydir"
    source.mkdir()
    (source / collecting.MANIFEST).write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    (source / "appendonly.aof.1.incr.aof").write_text("*1\r\n")
    collecting.redis(tmp_path / "copy", source)
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {path.name for path in source.iterdir()}


def test_a_redis_that_is_not_there_is_no_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "ATTEMPTS", 1)
    with pytest.raises(programs.SnapshotError, match="not there"):
        collecting.redis(tmp_path / "copy", tmp_path / "nothing")


def test_a_folder_with_something_in_it_is_not_restored_into(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(programs.SnapshotError, match="not empty"):
        restoring.restore(NOTHING, tmp_path, "latest")


def test_a_failed_run_keeps_the_time_of_the_last_good_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(plan, "METRICS", tmp_path / "x.prom")
    monkeypatch.setattr(collecting, "FOLDER", tmp_path / "collected")
    monkeypatch.setattr(collecting, "ATTEMPTS", 1)
    # As a host has it whose snapshots had a record of their own.
    (tmp_path / "record.json").write_text(json.dumps({"backup": GOOD, "drill": None}))
    with pytest.raises(programs.SnapshotError):
        command._run(Namespace(command="take"), NOTHING)
    text = (tmp_path / "x.prom").read_text()
    assert 'longhouse_backup_last_run_success{repository="files",type="snapshot"} 0' in text
    assert 'longhouse_backup_last_success_timestamp_seconds{repository="files",type="snapshot"} 100' in text
