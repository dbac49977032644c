"""A directory of generated files: compare what is intended with what is there, apply it, take it back."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ansible.module_utils.longhouse_atomic import remove_unfinished, sync_directory, write_atomically


@dataclass(frozen=True)
class Present:
    """What is at a name now; `target` is set for a symlink, which has no content of its own.

    `modified` is in nanoseconds since 1970, None for now. What is put back keeps it: a unit restarts for files that are
    newer than its process.
    """

    content: bytes
    mode: int
    uid: int
    gid: int
    target: str = ""
    modified: int | None = None


@dataclass
class Plan:
    """The difference between intended and present, by file name."""

    written: list[str] = field(default_factory=list)
    adjusted: list[str] = field(default_factory=list)  # content is right, owner or mode is not
    removed: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        """Every name that will be touched."""
        return [*self.written, *self.adjusted, *self.removed]


@dataclass
class Directory:
    """One directory and the files it is meant to hold. `uid` or `gid` is None when it is not known yet."""

    path: Path
    files: dict[str, bytes]
    owned: str
    mode: int
    uid: int | None
    gid: int | None
    created: bool = False
    # How files that may be removed begin; empty: any.
    mark: str = ""

    def plan(self) -> Plan:
        """Names to write, to adjust and to remove; raises IsADirectoryError for a directory in the way."""
        plan = Plan()
        for name, content in sorted(self.files.items()):
            present = self.present(name)
            if present is None or present.target or present.content != content:
                plan.written.append(name)
            elif (present.mode, present.uid, present.gid) != (self.mode, self.uid, self.gid):
                plan.adjusted.append(name)
        if self.owned and self.path.is_dir():
            plan.removed = [name for name in sorted(os.listdir(self.path)) if self._surplus(name)]
        return plan

    def _surplus(self, name: str) -> bool:
        if name in self.files or name.startswith(".") or not fnmatchcase(name, self.owned):
            return False
        present = self.present(name)
        return present is not None and present.content.startswith(self.mark.encode())

    def present(self, name: str) -> Present | None:
        """What is at `name`, or None."""
        path = self.path / name
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(f"{path} is a directory where a generated file belongs; move it away")
        if stat.S_ISLNK(found.st_mode):
            return Present(b"", 0, found.st_uid, found.st_gid, os.readlink(path))
        mode = stat.S_IMODE(found.st_mode)
        return Present(path.read_bytes(), mode, found.st_uid, found.st_gid, modified=found.st_mtime_ns)

    def apply(self, plan: Plan) -> dict[str, Present | None]:
        """Carry out `plan`; returns what was there before, for `restore`. Undoes itself when a step fails."""
        before = {name: self.present(name) for name in plan.changes}
        if not self.path.is_dir():
            self.path.mkdir(parents=True)
            self.path.chmod(0o755)  # whatever the umask of the caller
            self.created = True
        try:
            remove_unfinished(self.path)
            for name in [*plan.written, *plan.adjusted]:
                self._write(name, Present(self.files[name], self.mode, self.uid or 0, self.gid or 0))
            for name in plan.removed:
                (self.path / name).unlink()
            sync_directory(self.path)
        except OSError:
            self.restore(before)
            raise
        return before

    def restore(self, before: dict[str, Present | None]) -> None:
        """Put back what `apply` returned."""
        for name, present in before.items():
            if present is None:
                (self.path / name).unlink(missing_ok=True)
            else:
                self._write(name, present)
        remove_unfinished(self.path)
        sync_directory(self.path)
        if self.created and not os.listdir(self.path):
            self.path.rmdir()

    def _write(self, name: str, content: Present) -> None:
        path = self.path / name
        if content.target:
            path.unlink(missing_ok=True)
            path.symlink_to(content.target)
            return
        write_atomically(
            path, content.content, mode=content.mode, uid=content.uid, gid=content.gid, modified=content.modified
        )
