"""What is damaged in a repository is noticed, and disturbs nobody who uses the running databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.backups.ground import Ground
from tests.e2e.client import Client

SECRETS = "/etc/pgbackrest/conf.d/longhouse-secrets.conf"
REPOSITORY = "/var/lib/pgbackrest"
# Runs on the store's host: keeps a copy of an object under another name, and puts it back.
OBJECTS = """
import boto3, sys
client = boto3.client("s3", endpoint_url="https://{address}:9000", verify="/etc/longhouse-objectstore/certificate.pem",
                      aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
pages = client.get_paginator("list_objects_v2").paginate(Bucket="longhouse")
everything = [one for page in pages for one in page.get("Contents", [])]
what, mark = sys.argv[1:]
if what == "mend":
    client.copy_object(Bucket="longhouse", Key=mark, CopySource="longhouse/kept")
    client.delete_object(Bucket="longhouse", Key="kept")
else:
    fitting = [one for one in everything if mark in one["Key"]]
    chosen = max(fitting, key=lambda one: (one["Size"], one["Key"]) if what == "corrupt" else (one["Key"],))["Key"]
    client.copy_object(Bucket="longhouse", Key="kept", CopySource="longhouse/" + chosen)
    if what == "lose":
        client.delete_object(Bucket="longhouse", Key=chosen)
    else:
        body = bytearray(client.get_object(Bucket="longhouse", Key=chosen)["Body"].read())
        middle = len(body) // 2
        body[middle:middle + 64] = bytes(64)
        client.put_object(Bucket="longhouse", Key=chosen, Body=bytes(body))
    print(chosen)
"""


def on_objects(ground: Ground, *words: str) -> str:
    script = OBJECTS.format(address=ground.backup_store()["endpoint"])
    return ground.store.run(f"python3 - {' '.join(words)} <<'END'\n{script}\nEND").strip()


@contextmanager
def damaged(ground: Ground, what: str, mark: str) -> Iterator[str]:
    """The largest (corrupt) or newest (lose) object whose name holds `mark`."""
    chosen = on_objects(ground, what, mark)
    try:
        yield chosen
    finally:
        on_objects(ground, "mend", chosen)


def drill(ground: Ground, age: int = 600) -> dict[str, Any]:
    """Verdict of a drill now; its unit fails with it, which is what the alert of failed units sees."""
    said = ground.run(f"runuser -u postgres -- longhouse-backup drill --repository 2 --age {age} || true")
    return dict(json.loads(said.strip().splitlines()[-1]))


def prove(ground: Ground) -> dict[str, Any]:
    """Verdict on the newest snapshot."""
    said = ground.run("longhouse-snapshot prove || true")
    return dict(json.loads(said.strip().splitlines()[-1]))


@pytest.fixture(scope="module", autouse=True)
def proven(ground: Ground) -> Iterator[None]:
    """A full backup and WAL after it, and a snapshot, all found sound; and the backup again when all is mended."""
    ground.run("systemctl start longhouse-backup@full longhouse-snapshot")
    assert drill(ground, age=0)["verdict"] == "proven"
    assert prove(ground)["verdict"] == "proven"
    yield
    assert drill(ground, age=0)["verdict"] == "proven"


def noticed(verdict: dict[str, Any], word: str) -> None:
    """Damage was found, and the reason holds `word`: it is this damage and no other."""
    print(f"{verdict['verdict']}: {verdict['reason']}")
    assert verdict["verdict"] == "failed"
    assert word in verdict["reason"]


def sells(customer: Client) -> None:
    assert customer.order().status_code == 201


def newest(ground: Ground) -> str:
    """Label of the newest backup in the store."""
    said = ground.run("runuser -u postgres -- pgbackrest info --stanza=main --repo=2 --output=json")
    return str(json.loads(said)[0]["backup"][-1]["label"])


def test_a_corrupt_file_of_a_backup(ground: Ground, customer: Client) -> None:
    with damaged(ground, "corrupt", f"backup/main/{newest(ground)}/bundle/"):
        verdict = drill(ground, age=0)
        sells(customer)
    noticed(verdict, "pgbackrest restore")


def test_a_lost_wal_segment(ground: Ground, customer: Client) -> None:
    sells(customer)
    ground.await_archived()
    last = ground.sql("postgres", "SELECT last_archived_wal FROM pg_stat_archiver")
    sells(customer)
    ground.await_archived()
    with damaged(ground, "lose", f"/{last}-"):
        verdict = drill(ground, age=0)
        sells(customer)
    noticed(verdict, "recovery target")


def test_a_wrong_key(ground: Ground, customer: Client) -> None:
    ground.run(f"cp -a {SECRETS} /root/kept && sed -i 's/^repo2-cipher-pass=.*/repo2-cipher-pass=wrong/' {SECRETS}")
    try:
        verdict = drill(ground)
        sells(customer)
    finally:
        ground.run(f"cp -a /root/kept {SECRETS} && rm /root/kept")
    noticed(verdict, "unable to load info file")
    ground.await_archived()


def test_a_full_disk_of_the_local_repository(ground: Ground, customer: Client) -> None:
    """Neither WAL nor backups fit: the backup's own metrics say so, and PostgreSQL goes on selling."""
    ground.run(
        f"mkdir -p /run/small && mount -t tmpfs -o size=$(($(du -sm {REPOSITORY} | cut -f1) + 2))m tmpfs /run/small"
        f" && cp -a {REPOSITORY}/. /run/small/ && chown postgres:postgres /run/small"
        f" && mount --bind /run/small {REPOSITORY}"
    )
    try:
        ground.run(
            f"head -c 100M /dev/zero > {REPOSITORY}/filling || true; systemctl start longhouse-backup@full || true"
        )
        told = ground.run("cat /var/lib/prometheus/node-exporter/longhouse_backup.prom")
        sells(customer)
        ground.sql("postgres", "SELECT pg_switch_wal()")
        sells(customer)
        assert ground.sql("postgres", "SELECT pg_is_in_recovery()") == "f"
    finally:
        ground.run(f"rm -f {REPOSITORY}/filling; umount -l {REPOSITORY} /run/small; systemctl reset-failed")
    assert 'longhouse_backup_last_run_success{repository="1",type="full"} 0' in told
    assert 'longhouse_backup_last_run_success{repository="2",type="full"} 1' in told
    # With room again, what waited arrives.
    ground.await_archived()


def test_a_corrupt_snapshot(ground: Ground, customer: Client) -> None:
    with damaged(ground, "corrupt", "longhouse/files/"):
        verdict = prove(ground)
        sells(customer)
    noticed(verdict, "restic")


def test_a_schema_that_was_changed_by_hand_and_one_that_was_migrated_since(ground: Ground) -> None:
    """Last here: its drills go back to before the change, and there must be a backup of then."""
    ground.sql("longhouse_order", "ALTER TABLE orders ADD COLUMN by_hand integer")
    try:
        noticed(drill(ground, age=120), "schema of longhouse_order")
        ground.sql("longhouse_order", "UPDATE alembic_version SET version_num = version_num || '-later'")
        assert drill(ground, age=120)["verdict"] == "proven"
    finally:
        ground.sql("longhouse_order", "UPDATE alembic_version SET version_num = replace(version_num, '-later', '')")
        ground.sql("longhouse_order", "ALTER TABLE orders DROP COLUMN by_hand")
