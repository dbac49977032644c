"""What an archive takes, and what it does when that goes away meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from longhouse_snapshot import archiving, plan
from longhouse_snapshot.programs import SnapshotError

KNOWN = plan.Plan("/repository", "shop1", (), (), {"last": 8}, {"daily": 30}, (), {})


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal with one finished file and one that is written to; blocks of Prometheus, whole and not."""
    for name in ("system.journal", "system@0a-01.journal", "user-0.journal", "system@0b-02.journal~"):
        (tmp_path / "journal" / "machine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "journal" / "machine" / name).touch()
    for name in ("01WHOLE", "01AWAY.tmp-for-deletion"):
        (tmp_path / "metrics" / name).mkdir(parents=True)
        (tmp_path / "metrics" / name / "meta.json").touch()
    (tmp_path / "metrics" / "wal").mkdir()
    monkeypatch.setattr(archiving, "finished", lambda: FINISHED(tmp_path / "journal", tmp_path / "metrics"))
    monkeypatch.setattr(archiving, "run", lambda *_: "")
    return tmp_path


FINISHED = archiving.finished


def test_it_takes_what_nobody_writes_to_any_more(host: Path) -> None:
    names = [path.name for path in FINISHED(host / "journal", host / "metrics")]
    assert names == ["system@0a-01.journal", "system@0b-02.journal~", "01WHOLE"]


def test_it_is_kept_apart_from_what_a_new_host_needs() -> None:
    known = archiving.archives_of(KNOWN)
    assert (known.name, known.keep, known.repository) == ("shop1-archive", {"daily": 30}, "/repository")


def test_a_block_that_goes_away_meanwhile_is_left_out(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Sequence[Path]] = []

    def take(_: plan.Plan, paths: Sequence[Path]) -> dict[str, Any]:
        taken.append(paths)
        if len(taken) == 1:
            (host / "metrics" / "01WHOLE").rename(host / "metrics" / "01WHOLE.tmp-for-deletion")
            raise SnapshotError("restic backup: at least one source file could not be read")
        return {"label": "b"}

    monkeypatch.setattr(archiving, "take_files", take)
    assert archiving.archive(KNOWN) == {"label": "b"}
    assert [len(paths) for paths in taken] == [3, 2]


def test_a_store_that_does_not_answer_is_told_at_once(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []

    def take(*_: object) -> dict[str, Any]:
        tries.append(_)
        raise SnapshotError("restic backup: dial tcp: connection refused")

    monkeypatch.setattr(archiving, "take_files", take)
    with pytest.raises(SnapshotError, match="refused"):
        archiving.archive(KNOWN)
    assert len(tries) == 1
