"""What role units is told about the catalogue, and the files it makes of that."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.plugins import ROOT, filters

units = filters("units")
SYSTEMD = str(ROOT / "systemd")
PLATFORM = {"environment": "sandbox", "domain": "longhouse.test"}
RECORDS = filters("catalogue")["catalogue_normalise"](
    yaml.safe_load((ROOT / "services/catalogue.yml").read_text(encoding="utf-8"))["catalogue_services"]
)
SECRETS = filters("secrets")["catalogue_secrets"](RECORDS, "m" * 48)
# Exposure by `systemd-analyze security`, times ten, as old systemd (252) counts; it may only go down. The host's own
# systemd is asked by tests/host/test_exposure.py.
LIMITS = {"web": 14, "fleet": 14, "preflight": 11, "migrate": 11, "contract": 11, "setup": 11}


def records() -> dict[str, dict[str, Any]]:
    return {record["name"]: record for record in units["catalogue_units"](RECORDS, PLATFORM, SECRETS)}


def unit_files() -> dict[str, str]:
    found: dict[str, str] = units["units_unit_files"](list(records().values()), SYSTEMD)
    return found


def lines(text: str, key: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


def test_each_service_has_the_units_it_needs() -> None:
    assert sorted(unit_files()) == sorted([
        *(f"longhouse-{name}{kind}@.service" for name in ("user", "order", "notification")
          for kind in ("", "-fleet", "-preflight", "-migrate", "-contract")),
        "longhouse-user-setup@.service",
    ])  # fmt: skip


def test_what_takes_away_differs_from_what_adds_in_nothing_but_its_phase() -> None:
    adds, takes = (unit_files()[f"longhouse-order-{kind}@.service"].splitlines() for kind in ("migrate", "contract"))
    assert set(takes) - set(adds) == {
        "Environment=MIGRATION_PHASE=contract", "Description=Longhouse order, migrations that take away (%i)"
    }  # fmt: skip
    assert takes[0] == adds[0], "the role would not know it for its own"
    assert "RuntimeDirectoryPreserve=yes" in adds


def test_nothing_in_a_unit_or_an_environment_is_secret() -> None:
    text = "\n".join(unit_files().values())
    text += str(units["units_configuration_files"](list(records().values()), SYSTEMD))
    assert not [name for name, value in SECRETS.items() if value in text]


def test_every_credential_is_loaded_encrypted_and_absent_ones_are_not() -> None:
    order, notification = (unit_files()[f"longhouse-{name}@.service"] for name in ("order", "notification"))
    place = "/etc/longhouse/credentials/order"
    assert lines(order, "LoadCredentialEncrypted") == [
        f"{name}:{place}/{name}" for name in ("broker_password", "cursor_key", "redis_password")
    ]
    assert "smtp_password" not in notification, "nobody supplied one"
    supplied = filters("secrets")["catalogue_secrets"](RECORDS, "m" * 48, {}, {"notification/smtp_password": "x"})
    (record,) = [r for r in units["catalogue_units"](RECORDS, PLATFORM, supplied) if r["name"] == "notification"]
    assert "smtp_password" in record["credentials"]


def test_migrations_run_as_the_migrator_and_without_the_services_secrets() -> None:
    migrate = unit_files()["longhouse-order-migrate@.service"]
    assert lines(migrate, "User") == ["migrate_order"]
    assert lines(migrate, "LoadCredentialEncrypted") == []


def test_a_web_unit_waits_for_its_release_and_stops_after_gunicorn() -> None:
    web = unit_files()["longhouse-order@.service"]
    assert lines(web, "ExecStartPost") == ["/usr/local/bin/lhctl await-ready --path /readyz --seconds 60"]
    graceful = re.search(
        r"graceful_timeout = (\d+)", (ROOT / "services/chassis/src/chassis/gunicorn_conf.py").read_text()
    )
    assert graceful is not None
    assert int(lines(web, "TimeoutStopSec")[0]) > int(graceful[1])
    assert (lines(web, "KillMode"), lines(web, "WatchdogSec")) == (["mixed"], ["60"])


def test_only_the_fleet_of_a_service_with_other_parties_secrets_reaches_out() -> None:
    found = unit_files()
    open_units = sorted(name for name, text in found.items() if lines(text, "IPAddressDeny") != ["any"])
    assert open_units == ["longhouse-notification-fleet@.service"]


def test_a_fleet_stops_later_than_its_slowest_program() -> None:
    for name, record in records().items():
        fleet = unit_files()[f"longhouse-{name}-fleet@.service"]
        assert int(lines(fleet, "TimeoutStopSec")[0]) > max(program["stop_timeout"] for program in record["fleet"])


def test_the_fleet_runs_what_the_catalogue_says() -> None:
    files = units["units_configuration_files"](list(records().values()), SYSTEMD)
    fleet = configparser.RawConfigParser()
    fleet.read_string(files["notification"]["fleet.conf"])
    assert [section for section in fleet.sections() if section.startswith("program:")] == [
        "program:consumer", "program:worker", "program:beat",
    ]  # fmt: skip
    worker, beat = (fleet[f"program:{name}"]["command"] for name in ("worker", "beat"))
    assert "--queues notification.email,notification.sms,notification.push" in worker
    for option in ("--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency 2"):
        assert option in worker
    assert "flock --no-fork /run/longhouse/notification/beat.lock" in beat, "two schedulers could run"
    assert fleet["unix_http_server"]["file"].startswith("%(ENV_RUNTIME_DIRECTORY)s/")


def test_each_colour_has_its_own_port_and_socket() -> None:
    files = units["units_configuration_files"](list(records().values()), SYSTEMD)["order"]
    assert "PORT=8082\nMETRICS_PORT=9082\nSOCKET=/run/longhouse/order/blue.sock" in files["blue.env"]
    assert "PORT=8182\nMETRICS_PORT=9182\nSOCKET=/run/longhouse/order/green.sock" in files["green.env"]
    assert 'DATABASE_URL="postgresql+psycopg:///longhouse_order?host=/run/postgresql"' in files["env"]


def test_settings_are_quoted_for_systemd() -> None:
    record = next(iter(records().values()))
    record["environment"] = {"MOTTO": 'say "hello" \\ $HOME'}
    text = units["units_configuration_files"]([record], SYSTEMD)[record["name"]]["env"]
    assert text.splitlines()[1] == 'MOTTO="say \\"hello\\" \\\\ $HOME"'


def test_only_the_service_and_the_edge_pass_its_runtime_folder() -> None:
    text = units["units_host_files"](list(records().values()), SYSTEMD, "{}")["/etc/tmpfiles.d/longhouse-services.conf"]
    assert "d /run/longhouse/order 1770 root root -" in text
    assert "a /run/longhouse/order - - - - u:longhouse_order:rwx,u:www-data:--x" in text
    assert "d /run/longhouse/order/upstream 0755 root root -" in text


def _analyze() -> str:
    found = shutil.which("systemd-analyze")
    assert found, "systemd-analyze is missing; install the package systemd"
    return found


@pytest.mark.parametrize("name", sorted(unit_files()))
def test_the_sandbox_is_as_tight_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(unit_files()[name])
    kind = name.removesuffix("@.service").split("-")[2:] or ["web"]
    result = subprocess.run(
        [_analyze(), "security", "--offline=true", f"--threshold={LIMITS[kind[0]]}", "--no-pager", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """Programs of the host are not here, so their lines are given one that is."""
    for name, text in unit_files().items():
        runnable = re.sub(r"^(Exec\w+)=\S+", r"\1=/bin/true", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(runnable)
    instances = [str(tmp_path / name.replace("@.", "@blue.")) for name in unit_files()]
    for instance, name in zip(instances, unit_files(), strict=True):
        Path(instance).write_text((tmp_path / name).read_text())
    result = subprocess.run([_analyze(), "verify", "--man=no", *instances], capture_output=True, text=True, check=False)
    assert [line for line in result.stderr.splitlines() if "longhouse-" in line] == []


def test_restarts_of_long_ago_make_no_restart_slower() -> None:
    """systemd counts restarts until somebody resets the unit, and delays each by all that were before."""
    assert [name for name, text in unit_files().items() if "RestartSteps" in text] == []
