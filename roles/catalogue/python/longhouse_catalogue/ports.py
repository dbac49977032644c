"""Ports of the services on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

GREEN_OFFSET = 100
METRICS_OFFSET = 1000
PLATFORM_PORTS = {
    3000: "Grafana", 5432: "PostgreSQL", 5672: "RabbitMQ", 8080: "the internal edge", 15672: "RabbitMQ's management",
    15692: "RabbitMQ's metrics",
    9090: "Prometheus", 9093: "Alertmanager", 9100: "node-exporter", 9113: "nginx-exporter", 9115: "blackbox-exporter",
    9121: "redis-exporter", 9187: "postgres-exporter",
}  # fmt: skip


def ports_of(port: int) -> Iterator[tuple[int, str]]:
    """Every port an entry with `port` occupies, with the words for it."""
    yield port, "port"
    yield port + GREEN_OFFSET, f"its green port (port + {GREEN_OFFSET})"
    yield port + METRICS_OFFSET, f"its metrics port (port + {METRICS_OFFSET})"
    both = METRICS_OFFSET + GREEN_OFFSET
    yield port + both, f"the metrics port of green (port + {both})"


def free_port(taken: set[int], beginning: int) -> int:
    """The next port from `beginning` on whose companions are free too."""
    return next(port for port in range(beginning, 65536) if not taken & {number for number, _ in ports_of(port)})


def port_plan(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What may listen where: [{port, unit}], unit being a glob of systemd unit names."""
    platform = {80: "nginx.service", 443: "nginx.service", 8080: "nginx.service",
                5672: "rabbitmq-server.service", 15672: "rabbitmq-server.service",
                15692: "rabbitmq-server.service", 9090: "prometheus.service", 9093: "prometheus-alertmanager.service",
                9100: "prometheus-node-exporter.service", 9113: "prometheus-nginx-exporter.service",
                9115: "prometheus-blackbox-exporter.service", 9121: "prometheus-redis-exporter.service",
                9187: "prometheus-postgres-exporter.service"}  # fmt: skip
    plan = [{"port": port, "unit": unit} for port, unit in platform.items()]
    # Any unit of ours: when two services swap ports, each still holds what the other is to get.
    plan.extend(
        {"port": number, "unit": "longhouse-*"}
        for record in records
        if record["state"] != "retired"
        for number in (*record["ports"].values(), *record["metrics_ports"].values())
    )
    return plan
