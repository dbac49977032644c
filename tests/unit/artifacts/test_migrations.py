"""The plan of migrations that travels with a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.artifacts import BuildError
from control.artifacts.migrations import chain
from tests.unit.plugins import ROOT


def revisions(project: Path, *texts: str) -> Path:
    folder = project / "src/orders/migrations/versions"
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / f"r{number}.py").write_text(text)
    (folder / "__init__.py").write_text("")
    return project


def test_revisions_come_in_the_order_they_run_with_their_phase(tmp_path: Path) -> None:
    project = revisions(
        tmp_path,
        "revision, down_revision = 'b', 'a'\nphase = 'contract'\n",
        "revision: str = 'a'\ndown_revision: str | None = None\n",
        "revision = 'c'\ndown_revision = 'b'\n",
    )
    assert chain(project) == [
        {"revision": "a", "phase": "expand"},
        {"revision": "b", "phase": "contract"},
        {"revision": "c", "phase": "expand"},
    ]
    assert chain(tmp_path / "without any") == []


@pytest.mark.parametrize("second", ["revision, down_revision = 'b', None", "revision, down_revision = 'b', 'x'"])
def test_two_lines_are_refused_by_name(tmp_path: Path, second: str) -> None:
    with pytest.raises(BuildError, match="not one line: a, b; give each"):
        chain(revisions(tmp_path, "revision, down_revision = 'a', None", second))


@pytest.mark.parametrize("second", ["revision, down_revision = 'b', ('a', 'x')", "revision = 'b'"])
def test_a_revision_without_exactly_one_before_it_is_refused_by_name(tmp_path: Path, second: str) -> None:
    with pytest.raises(BuildError, match="not one line: a, b; give each"):
        chain(revisions(tmp_path, "revision, down_revision = 'a', None", second))


@pytest.mark.parametrize("service", ["user-service", "order-service", "notification-service"])
def test_the_services_own_are_read(service: str) -> None:
    assert chain(ROOT / "services" / service)[0] == {"revision": "0001", "phase": "expand"}
