"""A release that no longer needs a column, the column's end on request, and what there is no way back to then."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.releases.conftest import EchoHost

SITE = "venv/lib/python3.13/site-packages/echo/migrations/versions"
REVISION = """
from alembic import op
revision, down_revision, phase = "0002", "0001", "contract"
def upgrade():
    op.drop_column("echoes", "shouted")
"""


@pytest.fixture
def version(host: EchoHost) -> Iterator[str]:
    """A release that takes a column away. Afterwards the database is as if a backup had been restored."""
    host.copy("leaner")
    folder = "/opt/longhouse/echo/releases/leaner"
    manifest = json.loads(host.run(f"cat {folder}/manifest.json").stdout)
    manifest["migrations"].append({"revision": "0002", "phase": "contract"})
    host.run(f"cat > {folder}/{SITE}/r0002.py", REVISION)
    host.run(f"rm {folder}/manifest.json && cat > {folder}/manifest.json", json.dumps(manifest))
    yield "leaner"
    host.sql("ALTER TABLE echoes ADD COLUMN IF NOT EXISTS shouted text")
    host.sql("UPDATE alembic_version SET version_num = '0001'")
    host.run("lhctl deploy echo --force")


def _columns(host: EchoHost) -> set[str]:
    return set(host.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'echoes'::regclass AND attnum > 0").split())


def test_it_goes_on_request_and_never_before_its_time(host: EchoHost, version: str) -> None:
    before = host.status()["version"]
    assert host.release(version)["failed"] == []
    assert "shouted" in _columns(host), "it went before anybody asked"
    refused = host.run("lhctl contract echo", ok=False)
    assert (refused.returncode, "is kept warm" in refused.stderr) == (2, True)
    assert "shouted" in _columns(host)
    host.run("lhctl cool echo --now")
    with host.traffic() as traffic:
        assert json.loads(host.run("lhctl contract echo --json").stdout)["changed"] == ["echo"]
    assert traffic["failures"] == []
    assert "shouted" not in _columns(host)
    refused = host.run("lhctl rollback echo", ok=False)
    assert (refused.returncode, f"release {before} needs what" in refused.stderr) == (2, True)
    assert host.status()["version"] == version
    assert json.loads(host.run("lhctl contract echo --json").stdout)["changed"] == []
