"""Disks that are full: the data moves to a small tmpfs, which is then filled, and back when the fault is over."""

from __future__ import annotations

from tests.faults.fault import Fault


def full(name: str, unit: str, folder: str, *, spare_mb: int, meanwhile: str = "") -> Fault:
    """``spare_mb`` beside the data as it is, enough to start; then a file takes all that is left."""
    small = f"/run/longhouse-faults/{unit}"
    inject = (
        f"set -e; systemctl stop {unit}; mkdir -p {small};"
        f" mount -t tmpfs -o size=$(($(du -sm {folder} | cut -f1) + {spare_mb}))m tmpfs {small};"
        f" cp -a {folder}/. {small}; chown --reference={folder} {small}; chmod --reference={folder} {small};"
        f" mount --bind {small} {folder}; systemctl start {unit};"
        f" dd if=/dev/zero of={small}/filler bs=64k 2>/dev/null || true; {meanwhile}"
    )
    heal = (
        f"if mountpoint -q {folder}; then rm -f {small}/filler; systemctl stop {unit}; umount {folder};"
        f" find {folder} -mindepth 1 -delete; cp -a {small}/. {folder}; umount {small}; fi;"
        f" systemctl reset-failed {unit}; systemctl start {unit}"
    )
    return Fault(f"disk full under {name}", inject, heal, seconds=(4.0, 8.0), weight=1)


BROKER = ("rabbitmq-server", "/var/lib/rabbitmq/mnesia")
DISKS = (
    full("PostgreSQL", "postgresql@17-main", "/var/lib/postgresql/17/main", spare_mb=48),
    full("RabbitMQ", *BROKER, spare_mb=160),
    # Must stay down: started without room it loses what it confirmed (decision 0076).
    full("RabbitMQ as it is killed", *BROKER, spare_mb=160, meanwhile="systemctl kill --signal=KILL rabbitmq-server"),
)
