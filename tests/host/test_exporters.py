"""What role exporters promises: numbers on loopback, from accounts that can read statistics and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

PORTS = {"prometheus-node-exporter": 9100, "prometheus-blackbox-exporter": 9115,
         "prometheus-postgres-exporter": 9187, "prometheus-redis-exporter": 9121}  # fmt: skip
ASK = "python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())' "


def asked(host: Any, database: str, statement: str) -> Any:
    return host.run("runuser -u longhouse-exporter -- psql -X -A -t -d %s -c %s", database, statement)


@pytest.mark.parametrize("unit", PORTS)
def test_an_exporter_runs_in_its_slice_and_listens_on_loopback_only(host: Any, unit: str) -> None:
    assert host.service(unit).is_enabled
    assert host.service(unit).is_running
    assert host.check_output(f"systemctl show -P Slice {unit}") == "longhouse-observability.slice"
    listening = host.check_output(f"ss -Hltn 'sport = :{PORTS[unit]}'").split()
    assert listening[3] == f"127.0.0.1:{PORTS[unit]}"


def test_the_stores_answer_the_exporters(host: Any) -> None:
    assert "\npg_up 1" in host.check_output(ASK + "http://127.0.0.1:9187/metrics")
    for instance in ("cache", "state"):
        target = f"http://127.0.0.1:9121/scrape?target=unix:///run/redis-{instance}/redis.sock"
        assert "\nredis_up 1" in host.check_output(f"{ASK}'{target}'")


def test_the_exporter_s_account_reads_no_rows(host: Any) -> None:
    assert asked(host, "postgres", "SELECT count(*) >= 1 FROM pg_stat_database").stdout.strip() == "t"
    assert "permission denied" in asked(host, "postgres", "SELECT * FROM pg_authid").stderr
    assert "pg_hba.conf rejects connection" in asked(host, "template1", "SELECT 1").stderr


def test_what_others_write_for_it_is_told(host: Any) -> None:
    folder = host.file("/var/lib/prometheus/node-exporter")
    assert folder.is_directory
    assert "node_textfile_scrape_error 0" in host.check_output(ASK + "http://127.0.0.1:9100/metrics")
