"""longhouse_files: a directory holds exactly the files that are meant to be there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def reconcile(run_module: Run, me: dict[str, str], tmp_path: Path) -> Run:
    def run(files: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        return run_module("longhouse_files", **({"path": str(tmp_path / "d"), "files": files} | me | arguments))

    return run


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "d"
    path.mkdir()
    return path


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(directory.iterdir())}


def test_writes_what_is_intended_into_a_directory_that_was_missing(reconcile: Run, tmp_path: Path) -> None:
    answer = reconcile({"b.conf": "two\n", "a.conf": "one\n"}, mode="0640")
    assert (answer["changed"], answer["written"], answer["removed"]) == (True, ["a.conf", "b.conf"], [])
    assert contents(tmp_path / "d") == {"a.conf": "one\n", "b.conf": "two\n"}
    assert stat.S_IMODE((tmp_path / "d" / "a.conf").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o755


def test_a_second_run_changes_nothing_and_touches_no_file(reconcile: Run, directory: Path) -> None:
    reconcile({"a.conf": "one\n"})
    before = (directory / "a.conf").stat()
    answer = reconcile({"a.conf": "one\n"})
    assert (answer["changed"], answer["written"], answer["adjusted"], answer["removed"]) == (False, [], [], [])
    after = (directory / "a.conf").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_only_the_changed_file_is_written(reconcile: Run, directory: Path) -> None:
    reconcile({"a.conf": "one\n", "b.conf": "two\n"})
    untouched = (directory / "a.conf").stat().st_ino
    assert reconcile({"a.conf": "one\n", "b.conf": "2\n"})["written"] == ["b.conf"]
    assert (directory / "a.conf").stat().st_ino == untouched


def test_leaves_what_others_made(reconcile: Run, directory: Path) -> None:
    (directory / "longhouse-old.conf").write_text("# ours\nold\n")
    (directory / "longhouse-theirs.conf").write_text("# theirs\n")
    answer = reconcile({}, owned="longhouse-*.conf", mark="# ours")
    assert answer["removed"] == ["longhouse-old.conf"]
    assert set(contents(directory)) == {"longhouse-theirs.conf"}


def test_a_file_without_the_mark_is_refused(reconcile: Run, directory: Path) -> None:
    answer = reconcile({"longhouse-a.conf": "a\n"}, owned="longhouse-*.conf", mark="# ours")
    assert answer["failed"]
    assert "write it into its first line" in answer["msg"]
    assert contents(directory) == {}


def test_removes_what_it_owns_and_leaves_the_rest(reconcile: Run, directory: Path) -> None:
    (directory / "longhouse-old.conf").write_text("old\n")
    (directory / "default.conf").write_text("of the distribution\n")
    answer = reconcile({"longhouse-new.conf": "new\n"}, owned="longhouse-*.conf")
    assert (answer["written"], answer["removed"]) == (["longhouse-new.conf"], ["longhouse-old.conf"])
    assert contents(directory) == {"default.conf": "of the distribution\n", "longhouse-new.conf": "new\n"}


def test_owns_nothing_unless_told(reconcile: Run, directory: Path) -> None:
    (directory / "old.conf").write_text("old\n")
    assert reconcile({"new.conf": "new\n"})["removed"] == []


def test_a_wrong_mode_is_adjusted_and_not_called_written(reconcile: Run, directory: Path) -> None:
    reconcile({"a.conf": "one\n"})
    (directory / "a.conf").chmod(0o666)
    answer = reconcile({"a.conf": "one\n"})
    assert (answer["changed"], answer["written"], answer["adjusted"]) == (True, [], ["a.conf"])
    assert stat.S_IMODE((directory / "a.conf").stat().st_mode) == 0o644


def test_a_symlink_is_replaced_and_its_target_left_alone(reconcile: Run, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("not ours\n")
    (directory / "a.conf").symlink_to(tmp_path / "elsewhere")
    assert reconcile({"a.conf": "one\n"})["written"] == ["a.conf"]
    assert not (directory / "a.conf").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "not ours\n"


def test_check_mode_says_the_same_and_changes_nothing(reconcile: Run, directory: Path) -> None:
    (directory / "old.conf").write_text("old\n")
    answer = reconcile({"a.conf": "one\n"}, owned="*.conf", check=True, validate="false")
    assert (answer["changed"], answer["written"], answer["removed"]) == (True, ["a.conf"], ["old.conf"])
    assert contents(directory) == {"old.conf": "old\n"}


def test_check_mode_on_a_bare_host_accepts_an_owner_that_comes_later(reconcile: Run, tmp_path: Path) -> None:
    answer = reconcile({"a.conf": "one\n"}, owner="nobody-yet", check=True)
    assert answer["written"] == ["a.conf"]
    assert not (tmp_path / "d").exists()


def test_an_unknown_owner_stops_it_before_anything_is_written(reconcile: Run, tmp_path: Path) -> None:
    answer = reconcile({"a.conf": "one\n"}, owner="nobody-yet")
    assert "'nobody-yet' does not exist" in answer["msg"]
    assert not (tmp_path / "d").exists()


def test_diff_shows_before_and_after_of_each_change(reconcile: Run, directory: Path) -> None:
    (directory / "a.conf").write_text("old\n")
    (directory / "b.conf").write_text("gone\n")
    diff = reconcile({"a.conf": "new\n"}, owned="*.conf", diff=True)["diff"]
    assert [(part["before"], part["after"]) for part in diff] == [("old\n", "new\n"), ("gone\n", "")]
    assert diff[0]["before_header"] == str(directory / "a.conf")


def test_a_refused_configuration_is_put_back_whole(reconcile: Run, directory: Path, tmp_path: Path) -> None:
    (directory / "a.conf").write_text("good\n")
    (directory / "a.conf").chmod(0o600)
    os.utime(directory / "a.conf", ns=(1, 1))
    (directory / "b.conf").write_text("good too\n")
    (directory / "c.conf").symlink_to(tmp_path)
    answer = reconcile({"a.conf": "bad\n", "d.conf": "bad\n"}, owned="*.conf", validate="grep -rq good %s/a.conf")
    assert answer["failed"]
    assert "was put back as it was" in answer["msg"]
    assert (directory / "a.conf").read_text() == "good\n"
    put_back = (directory / "a.conf").stat()
    # Its daemon runs with these very settings: a later time would restart it.
    assert (stat.S_IMODE(put_back.st_mode), put_back.st_mtime_ns) == (0o600, 1)
    assert (directory / "b.conf").read_text() == "good too\n"
    assert os.readlink(directory / "c.conf") == str(tmp_path)
    assert not (directory / "d.conf").exists()


def test_a_refused_configuration_leaves_no_directory_behind(reconcile: Run, tmp_path: Path) -> None:
    assert reconcile({"a.conf": "bad\n"}, validate="false")["failed"]
    assert not (tmp_path / "d").exists()


def test_a_validation_command_that_does_not_exist_puts_everything_back(reconcile: Run, tmp_path: Path) -> None:
    answer = reconcile({"a.conf": "one\n"}, validate="no-such-program -t")
    assert "no-such-program" in answer["msg"]
    assert not (tmp_path / "d").exists()


def test_the_reason_of_a_refusal_is_passed_on(reconcile: Run) -> None:
    answer = reconcile({"a.conf": "bad\n"}, validate="sh -c 'echo line 7 is wrong >&2; exit 3'")
    assert "line 7 is wrong" in answer["msg"]
    assert answer["rc"] == 3


def test_validation_runs_even_when_nothing_changed(reconcile: Run) -> None:
    """A run killed between writing and validating must not let a bad file pass on the next one."""
    reconcile({"a.conf": "bad\n"})
    answer = reconcile({"a.conf": "bad\n"}, validate="false")
    assert answer["failed"]
    assert "had not changed" in answer["msg"]


def test_what_an_interrupted_write_left_is_cleaned_up(reconcile: Run, directory: Path) -> None:
    (directory / ".gone.conf.longhouse-new").write_text("half")
    reconcile({"a.conf": "one\n"})
    assert contents(directory) == {"a.conf": "one\n"}


@pytest.mark.parametrize("name", ["../a.conf", "sub/a.conf", "..", ".hidden", "", "a\nb"])
def test_names_that_are_no_plain_file_names_are_refused(reconcile: Run, tmp_path: Path, name: str) -> None:
    answer = reconcile({"good.conf": "x", name: "x"})
    assert "no plain file name" in answer["msg"]
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"files": {"a.conf": 7}}, "not text"),
        ({"files": {"a.txt": "x"}, "owned": "*.conf"}, "could never be removed"),
        ({"files": {}, "mode": "u=rw"}, "not octal"),
        ({"files": {}, "path": "relative/d"}, "not absolute"),
    ],
)
def test_wrong_arguments_are_explained(reconcile: Run, arguments: dict[str, Any], words: str) -> None:
    assert words in reconcile(**arguments)["msg"]


def test_a_directory_in_the_way_stops_it_before_any_change(reconcile: Run, directory: Path) -> None:
    (directory / "old.conf").mkdir()
    answer = reconcile({"a.conf": "one\n"}, owned="*.conf")
    assert "is a directory" in answer["msg"]
    assert not (directory / "a.conf").exists()
