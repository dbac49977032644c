"""What role release is told about the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.plugins import ROOT, filters

release = filters("release")
ENTRIES = yaml.safe_load((ROOT / "services/catalogue.yml").read_text(encoding="utf-8"))["catalogue_services"]
RECORDS = filters("catalogue")["catalogue_normalise"](
    [*ENTRIES, {"name": "bygone", "state": "retired", "port": 8099, "path": "x", "app": "x:app"}]
)
SHIPMENT = {
    "installer": {"file": "uv.whl", "sha256": "u"},
    "artifacts": [{"service": "order", "version": "0.1.0-a", "file": "order-0.1.0-a.tar", "sha256": "o"}],
}


def test_retired_services_are_not_built() -> None:
    assert release["catalogue_buildable"](RECORDS) == ["user", "order", "notification"]
    assert release["catalogue_buildable"](RECORDS, ["order"]) == ["order"]


@pytest.mark.parametrize("name", ["odrer", "bygone"])
def test_a_service_that_cannot_be_built_is_refused(name: str) -> None:
    with pytest.raises(Exception, match=f"{name}: not in the catalogue or retired; known: user, order, notification"):
        release["catalogue_buildable"](RECORDS, [name])


def test_a_record_says_what_a_release_of_it_takes() -> None:
    records = {record["name"]: record for record in release["catalogue_releases"](RECORDS)}
    order = records["order"]
    assert (order["blue_port"], order["green_port"], order["ready"]) == (8082, 8182, "/readyz")
    assert (order["fleet"], order["migrate"], order["setup"]) == (True, True, False)
    assert records["user"]["setup"] is True
    assert order["drain_seconds"] == 30, "as long as a request may take"
    assert records["bygone"] == {"name": "bygone", "state": "retired"}


def test_the_document_joins_records_and_artifacts() -> None:
    records: list[dict[str, Any]] = release["catalogue_releases"](RECORDS, ["order"])
    document = release["release_desired"](records, SHIPMENT, False, 600)
    (order,) = document["services"]
    assert (order["version"], order["artifact"], order["sha256"]) == ("0.1.0-a", "order-0.1.0-a.tar", "o")
    assert (document["complete"], document["installer"]["file"]) == (False, "uv.whl")


def test_lhctl_reads_the_document(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides of the interface, the real ones."""
    import json

    monkeypatch.syspath_prepend(str(ROOT / "roles/release/files"))
    from lhctl.desired import Desired

    path = tmp_path / "desired.json"
    path.write_text(json.dumps(release["release_desired"](
        [record for record in release["catalogue_releases"](RECORDS) if record["name"] in {"order", "bygone"}],
        SHIPMENT, True, "0",
    )))  # fmt: skip
    found = Desired.read(path)
    assert [(service.name, service.state, service.keep_warm_seconds) for service in found.services] == [
        ("order", "live", 0), ("bygone", "retired", 600),
    ]  # fmt: skip
