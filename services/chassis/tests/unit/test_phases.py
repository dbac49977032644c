"""How far a migration goes without being asked to take something away."""

from pathlib import Path

import pytest
from alembic.config import Config

from chassis.database.migrations import migration_config
from chassis.database.phases import ContractFirstError, destination, report, retract

CHAIN = {"1": ("", None), "2": ("", "1"), "3": ("phase = 'contract'", "2"), "4": ("", "3")}


def config_of(folder: Path, monkeypatch: pytest.MonkeyPatch, *revisions: str) -> Config:
    # A package stays imported: each test has one of its own.
    package = folder / f"phased_{folder.name}"
    versions = package / "migrations" / "versions"
    versions.mkdir(parents=True)
    (package / "__init__.py").touch()
    for revision in revisions:
        phase, before = CHAIN[revision]
        text = f"revision, down_revision = {revision!r}, {before!r}\n{phase}\ndef upgrade(): pass\n"
        (versions / f"r{revision}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    return migration_config(package.name)


@pytest.mark.parametrize(
    ("revisions", "start", "goes_to"),
    [
        ("123", (None, "expand"), "head"),
        ("1234", (None, "expand"), "head"),
        ("123", ("1", "expand"), "2"),
        ("123", ("2", "expand"), "2"),
        ("123", ("3", "expand"), "3"),
        ("1234", ("3", "expand"), "4"),
        ("123", ("2", "contract"), "head"),
    ],
)
def test_goes_as_far_as_nothing_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revisions: str, start: tuple[str | None, str], goes_to: str
) -> None:
    config = config_of(tmp_path, monkeypatch, *revisions)
    assert destination(config, *start, "order") == goes_to


def test_what_adds_after_what_takes_away_waits_for_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path, monkeypatch, *"1234")
    with pytest.raises(ContractFirstError, match=r"4 comes after 3.*lhctl contract order"):
        destination(config, "2", "expand", "order")


def test_a_report_that_was_taken_back_says_nothing(tmp_path: Path) -> None:
    report(str(tmp_path), "2")
    assert (tmp_path / "revision").read_text() == "2\n"
    retract(str(tmp_path))
    retract(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    report("", "2")
