"""What role grafana writes, as Ansible would: whom it listens to, what it is told, and what apt may take from where."""

from __future__ import annotations

import configparser
import re
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.unit.catalogue.entries import entry, mistakes
from tests.unit.plugins import ROOT, find_ansible_s_own

ROLE = ROOT / "roles" / "grafana"
SECRETS = {"grafana_admin_password": "the admin's password", "grafana_secret_key": "the secret key"}

find_ansible_s_own()


def template(name: str, **settings: Any) -> str:
    """Content of one of the role's templates."""
    loader = DataLoader()
    variables = {
        **loader.load_from_file(str(ROLE / "defaults" / "main.yml"), trusted_as_template=True),
        **loader.load_from_file(str(ROLE / "vars" / "main.yml"), trusted_as_template=True),
        **SECRETS,
        **settings,
    }
    lookup = trust_as_template(f"{{{{ lookup('ansible.builtin.template', '{ROLE}/templates/{name}') }}}}")
    rendered: str = Templar(loader=loader, variables=variables).template(lookup)
    return rendered


def ini() -> configparser.RawConfigParser:
    found = configparser.RawConfigParser()
    found.read_string(template("grafana.ini.j2"))
    return found


def test_it_listens_on_loopback_on_a_port_no_service_can_have() -> None:
    server = ini()["server"]
    assert server["http_addr"] == "127.0.0.1"
    (complaint,) = mistakes([entry(port=int(server["http_port"]))])
    assert "is taken by the platform (Grafana)" in complaint
    assert f"/dev/tcp/127.0.0.1/{server['http_port']}" in template("unit.conf.j2")


def test_nobody_is_let_in_unasked_and_nobody_outside_is_called() -> None:
    found = ini()
    assert not found.getboolean("auth.anonymous", "enabled")
    assert not found.getboolean("users", "allow_sign_up")
    calls = [("analytics", key) for key in found["analytics"]] + [("news", "news_feed_enabled")]
    calls += [("snapshots", "external_enabled"), ("public_dashboards", "enabled"), ("plugins", "plugin_admin_enabled")]
    assert [place for place in calls if found.getboolean(*place)] == []
    assert {"reporting_enabled", "check_for_updates", "check_for_plugin_updates"} <= set(found["analytics"])
    assert found.getboolean("plugins", "preinstall_disabled")


def test_secrets_are_credentials_of_its_unit_and_stand_in_no_template() -> None:
    unit = template("unit.conf.j2")
    named = re.findall(r"\$__file\{/run/credentials/grafana-server\.service/(\w+)\}", template("grafana.ini.j2"))
    assert sorted(named) == ["admin_password", "secret_key"]
    for name in named:
        assert f"LoadCredentialEncrypted={name}:/etc/longhouse/grafana/server/{name}\n" in unit
    for path in (ROLE / "templates").iterdir():
        assert [value for value in SECRETS.values() if value in template(path.name)] == []


def test_prometheus_is_its_one_source_and_the_dashboards_are_those_of_the_role() -> None:
    (source,) = yaml.safe_load(template("datasources.yaml.j2"))["datasources"]
    assert (source["url"], source["isDefault"], source["editable"]) == ("http://127.0.0.1:9090", True, False)
    prometheus = yaml.safe_load((ROOT / "roles/prometheus/defaults/main.yml").read_text())
    assert source["jsonData"]["timeInterval"] == prometheus["prometheus_interval"]
    (provider,) = yaml.safe_load(template("dashboards.yaml.j2"))["providers"]
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)
    home = ini()["dashboards"]["default_home_dashboard_path"]
    assert home == f"{provider['options']['path']}/overview.json"
    assert (ROLE / "files" / "dashboards" / "overview.json").exists()


@pytest.mark.parametrize(("url", "origin"), [
    ("https://apt.grafana.com", "apt.grafana.com"), ("https://mirror.example.com:8443/grafana", "mirror.example.com"),
])  # fmt: skip
def test_apt_takes_this_version_from_there_and_nothing_else(url: str, origin: str) -> None:
    everything, grafana = template("preferences.j2", grafana_repository_url=url).split("\n\n")
    assert f'Package: *\nPin: origin "{origin}"\nPin-Priority: -1' in everything
    version = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())["grafana_version"]
    assert grafana == f"Package: grafana\nPin: version {version}\nPin-Priority: 990\n"


def test_no_host_has_it_unless_somebody_asks() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / "observability.yml").read_text())
    (task,) = play["tasks"]
    assert task["ansible.builtin.include_role"]["name"] == "grafana"
    assert task["when"] == "platform_grafana | default(false)"
    for path in (ROOT / "inventories").glob("*/group_vars/all/platform.yml"):
        assert "platform_grafana" not in (yaml.safe_load(path.read_text()) or {}), path
