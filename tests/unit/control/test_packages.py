"""Packages that one host downloaded serve the next, as links to the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

from control import layout
from control.sandbox import packages

CACHE = Path("var/cache/apt/archives")


def _download(disk: Path, name: str, content: str, age: int = 0) -> Path:
    path = disk / CACHE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    return path


def test_a_new_host_starts_with_what_another_downloaded(tmp_path: Path) -> None:
    downloaded = _download(tmp_path / "a", "nginx_1.26-1_amd64.deb", "nginx")
    packages.harvest(tmp_path / "a")
    packages.seed(tmp_path / "b")
    assert (tmp_path / "b" / CACHE / downloaded.name).samefile(downloaded)


def test_a_newer_version_replaces_the_older_one_of_the_same_package_only(tmp_path: Path) -> None:
    _download(tmp_path / "a", "nginx_1.26-1_amd64.deb", "old", age=100)
    _download(tmp_path / "a", "nginx-common_1.26-1_all.deb", "common", age=100)
    packages.harvest(tmp_path / "a")
    _download(tmp_path / "b", "nginx_1.26-2_amd64.deb", "new")
    packages.harvest(tmp_path / "b")
    assert sorted(path.name for path in layout.PACKAGES.iterdir()) == [
        "nginx-common_1.26-1_all.deb",
        "nginx_1.26-2_amd64.deb",
    ]


def test_a_deleted_package_on_a_host_is_not_harvested(tmp_path: Path) -> None:
    archives = tmp_path / "a" / CACHE
    archives.mkdir(parents=True)
    os.mkfifo(archives / "nginx_1.26-1_amd64.deb")  # an overlay marks a deletion by a special file as well
    packages.harvest(tmp_path / "a")
    assert list(layout.PACKAGES.glob("*.deb")) == []
