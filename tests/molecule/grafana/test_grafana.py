"""What role grafana promises, with a stand-in for the vendor's package: whom it is open to, and what it is given."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import yaml


def understood(host: Any) -> Any:
    """What the daemon says it was told."""
    return json.loads(host.check_output("curl -sf http://127.0.0.1:3000/api/health"))


def test_it_listens_on_loopback_alone_and_comes_back_after_a_boot(host: Any) -> None:
    listening = host.check_output("ss -Hltn sport = :3000").split("\n")
    assert [line.split()[3] for line in listening] == ["127.0.0.1:3000"]
    assert host.service("grafana-server").is_enabled


def test_it_has_the_version_that_was_asked_for_and_what_it_needs_is_debian_s(host: Any) -> None:
    assert host.package("grafana").version == "1.2.3"
    assert host.package("hello").is_installed
    assert host.package("hello").version != "999"


def test_the_repository_is_gone_so_that_apt_does_not_depend_on_it(host: Any) -> None:
    assert "127.0.0.1:8099" not in host.check_output("apt-get indextargets")


def test_its_secrets_come_as_credentials_and_stand_in_no_file(host: Any) -> None:
    opened = {
        name: host.check_output(f"systemd-creds decrypt --name={name} /etc/longhouse/grafana/server/{name} -")
        for name in ("admin_password", "secret_key")
    }
    expected = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in opened.items()}
    assert understood(host)["secrets"] == expected
    for value in opened.values():
        assert host.run(f"grep -rF -- {value} /etc /var/lib/grafana").rc == 1


def test_it_asks_prometheus_alone_and_shows_our_dashboards(host: Any) -> None:
    provisioned = {path: yaml.safe_load(text) for path, text in understood(host)["provisioning"].items()}
    (source,) = provisioned["/etc/grafana/provisioning/datasources/longhouse.yaml"]["datasources"]
    assert host.check_output(f"curl -sf {source['url']}/-/ready").startswith("Prometheus")
    (provider,) = provisioned["/etc/grafana/provisioning/dashboards/longhouse.yaml"]["providers"]
    assert provider["allowUiUpdates"] is False
    shown = host.check_output(f"ls {provider['options']['path']}").split()
    assert shown == ["host.json", "overview.json", "pipeline.json"]
    assert host.run(f"runuser -u grafana -- cat {provider['options']['path']}/overview.json").rc == 0
    assert host.run(f"runuser -u grafana -- test -w {provider['options']['path']}/overview.json").rc != 0


def test_nobody_gets_in_without_a_password_and_it_tells_nobody(host: Any) -> None:
    settings = understood(host)["settings"]
    assert settings["auth.anonymous"]["enabled"] == "false"
    assert settings["users"]["allow_sign_up"] == "false"
    assert set(settings["analytics"].values()) == {"false"}


def test_its_unit_is_sandboxed(host: Any) -> None:
    assert host.run("systemd-analyze verify --man=no grafana-server.service").stderr == ""
    last = host.check_output("systemd-analyze security --no-pager grafana-server.service | tail -n 1")
    assert float(last.split(":")[1].split()[0]) <= 1.5, last
