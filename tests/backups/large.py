"""`python -m tests.backups.large --host NAME`: how long backups, the drill and a lost host take with much data.

Hosts NAME and NAME-store must be booted (`./longhouse boot`, the latter with `--groups objectstore`). NAME is lost and
replaced. The data is a table of the order service's database that shrinks to a fifth when it is compressed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.backups.ground import Ground
from tests.e2e.client import PASSWORD, Client
from tests.e2e.waiting import eventually

PATIENCE_SECONDS = 3600
# As `backup_drill_age`.
DRILL_AGE_SECONDS = 600
# A row of 1 KiB: 256 characters of chance, four times.
ROWS = 250_000
PARTS_PER_GIGABYTE = 4
# Of 16 MB each. The archive gives up, and tells so, when 4 GiB wait (`backup_queue_limit`).
WAITING_SEGMENTS = 8
WAITING = "find /var/lib/postgresql/17/main/pg_wal/archive_status -name '*.ready' | wc -l"
FILL = (
    f"head -c {ROWS * 192} /dev/urandom | base64 -w 256 | awk '{{print $0 $0 $0 $0}}'"
    " | runuser -u postgres -- psql -Xqc 'COPY ballast FROM STDIN' longhouse_order"
)


def main(argv: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.backups.large", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--gigabytes", type=int, default=10)
    arguments = parser.parse_args(argv)
    ground = Ground(arguments.host)
    with step("prepare both hosts"):
        ground.prepare()
    parts = arguments.gigabytes * PARTS_PER_GIGABYTE
    with step(f"write {arguments.gigabytes} GB as fast as it is archived"):
        ground.sql("longhouse_order", "CREATE TABLE ballast (words text)")
        for _ in range(parts):
            ground.run(FILL)
            eventually(
                lambda: int(ground.run(WAITING)) <= WAITING_SEGMENTS, within=PATIENCE_SECONDS, what="archived WAL"
            )
    print(f"  databases: {size(ground)}")
    with step("full backup into both repositories"):
        run_unit(ground, "longhouse-backup@full")
    with step("snapshot of everything else"):
        run_unit(ground, "longhouse-snapshot")
    print(ground.run("du -sh /var/lib/pgbackrest | cut -f1").strip(), "in the host's own repository")
    with step("pass, because the drill restores what was then"):
        time.sleep(DRILL_AGE_SECONDS + 30)
    with step("restore drill from the store"):
        run_unit(ground, "longhouse-restore-drill")
    print(ground.run("journalctl -o cat -u longhouse-restore-drill -n 3").strip())
    order = acknowledged(ground)
    with step("archive the last order"):
        ground.await_archived()
    with step("lose the host, boot a plain one"):
        ground.lose_and_replace()
    ground.trust_the_store()
    with step("playbooks/disaster.yml"):
        run = ground.play("playbooks/disaster.yml")
    print(run.output.partition("TASKS RECAP")[2])
    rows = ground.sql("longhouse_order", "SELECT count(*) FROM ballast")
    assert int(rows) == parts * ROWS, rows
    assert is_there(ground, *order)
    print(f"{rows} rows are back, and so is the last acknowledged order")
    return 0


@contextmanager
def step(what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{time.monotonic() - begun:7.1f} s  {what}", flush=True)


def run_unit(ground: Ground, unit: str) -> None:
    """Start it and wait for its end; it must succeed."""
    ground.run(f"systemctl start --no-block {unit}")
    eventually(
        lambda: ground.run(f"systemctl show -P ActiveState {unit}").strip() in {"inactive", "failed"},
        within=PATIENCE_SECONDS,
        what=f"end of {unit}",
    )
    result = ground.run(f"systemctl show -P Result {unit}").strip()
    assert result == "success", ground.run(f"journalctl -o cat -u {unit} -n 20")


def size(ground: Ground) -> str:
    return ground.sql("postgres", "SELECT pg_size_pretty(sum(pg_database_size(oid))) FROM pg_database")


def acknowledged(ground: Ground) -> tuple[str, str]:
    """Email of its customer and id of an order."""
    client = Client(ground.sandbox.base_url, ground.sandbox.ca_file)
    client.register()
    answer = client.order()
    assert answer.status_code == 201, answer.text
    return client.email, str(answer.json()["id"])


def is_there(ground: Ground, email: str, order: str) -> bool:
    client = Client(ground.sandbox.base_url, ground.sandbox.ca_file)
    assert client.log_in(email, PASSWORD).status_code == 200
    return client.get(f"/api/orders/{order}").status_code == 200


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
