"""Disks that are full: the data moves to a small tmpfs, which is then filled, and back when the fault is over."""

from __future__ import annotations

from tests.faults.fault import Fault


def full(name: str, unit: str, folder: str, spare_mb: int) -> Fault:
    """``spare_mb`` beside the data as it is; then a file takes all that is left."""
    small = f"/run/longhouse-faults/{unit}"
    inject = (
        f"set -e; systemctl stop {unit}; mkdir -p {small};"
        f" mount -t tmpfs -o size=$(($(du -sm {folder} | cut -f1) + {spare_mb}))m tmpfs {small};"
        f" cp -a {folder}/. {small}; chown --reference={folder} {small}; chmod --reference={folder} {small};"
        f" mount --bind {small} {folder}; systemctl start --no-block {unit}; sleep 1;"
        f" dd if=/dev/zero of={small}/filler bs=64k 2>/dev/null || true"
    )
    heal = (
        f"if mountpoint -q {folder}; then rm -f {small}/filler; systemctl stop {unit}; umount {folder};"
        f" find {folder} -mindepth 1 -delete; cp -a {small}/. {folder}; umount {small}; fi;"
        f" systemctl reset-failed {unit}; systemctl start {unit}"
    )
    return Fault(f"disk full under {name}", inject, heal, seconds=(4.0, 8.0), weight=1)


DISKS = (
    full("PostgreSQL", "postgresql@17-main", "/var/lib/postgresql/17/main", 48),
    full("RabbitMQ", "rabbitmq-server", "/var/lib/rabbitmq/mnesia", 48),
)
