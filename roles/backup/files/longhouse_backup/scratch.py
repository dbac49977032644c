"""A second cluster beside the running one: restored from a repository, on a socket of its own, and gone afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from longhouse_backup.plan import STATE
from longhouse_backup.programs import SERVER_BINARIES, BackupError, pgbackrest, psql, run

# hot_standby off: settings of the running server need not be matched. Nothing of it can reach an archive: the mode is
# off, the command fails, and both are given on the command line, which no file of a restored cluster can overrule.
SETTINGS = {
    "listen_addresses": "",
    "archive_mode": "off",
    "archive_command": "/bin/false",
    "archive_library": "",
    "hot_standby": "off",
    "shared_buffers": "64MB",
    "max_connections": "20",
    "shared_preload_libraries": "",
    "fsync": "off",
    "autovacuum": "off",
    "jit": "off",
    "cluster_name": "longhouse-scratch",
    "log_destination": "stderr",
    "logging_collector": "off",
}


@contextmanager
def restored(name: str, repository: int, target: datetime | None) -> Iterator[str]:
    """A running cluster as it was at `target` (the end of the archive when None); gives its socket's folder.

    Raises BackupError with the reason that pgBackRest or the server gave.
    """
    folder = STATE / name
    _remove(folder)
    data, socket = folder / "data", folder / "socket"
    for path in (folder, data, socket):
        path.mkdir(mode=0o700)
    try:
        options = ["--type=default"] if target is None else ["--type=time", f"--target={moment(target)}"]
        promotion = [] if target is None else ["--target-action=promote"]
        pgbackrest("restore", f"--repo={repository}", f"--pg1-path={data}", "--archive-mode=off", *options, *promotion)
        _configure(data, folder)
        _start(data, socket, folder / "log")
        yield str(socket)
    finally:
        _remove(folder)


def size(socket: str) -> int:
    """Bytes of the data directory behind a socket."""
    data = Path(socket).parent / "data"
    return sum(path.lstat().st_size for path in data.rglob("*") if path.is_file())


def moment(target: datetime) -> str:
    """A time as PostgreSQL reads it everywhere."""
    return target.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def _configure(data: Path, folder: Path) -> None:
    (data / "postgresql.conf").write_text("# Settings are on the command line.\n", encoding="utf-8")
    (data / "pg_hba.conf").write_text("local all postgres peer\n", encoding="utf-8")
    (data / "pg_ident.conf").write_text("", encoding="utf-8")
    (folder / "log").touch()


def _start(data: Path, socket: Path, log: Path) -> None:
    given = {**SETTINGS, "unix_socket_directories": str(socket)}
    options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
    control = str(SERVER_BINARIES / "pg_ctl")
    run(control, "start", "--no-wait", f"--pgdata={data}", f"--log={log}", f"--options={options}")
    # pg_ctl's own waiting ends when recovery begins; this cluster lets nobody in before it is over.
    while not _answers(socket):
        time.sleep(0.2)
        try:
            run(control, "status", f"--pgdata={data}")
        except BackupError as error:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR"))]
            # Attempts of ours to connect are refused with FATAL as well, until it is ready.
            telling = [line for line in telling if "the database system is" not in line]
            said = " | ".join(telling[-3:]) or str(error)
            raise BackupError(f"the restored cluster does not come up: {said}") from error


def _answers(socket: Path) -> bool:
    try:
        return psql(str(socket), "postgres", "SELECT pg_is_in_recovery()") == "f"
    except BackupError:
        return False


def _remove(folder: Path) -> None:
    """Stop what runs there, also what a killed drill left, and delete it."""
    if (folder / "data" / "postmaster.pid").exists():
        with suppress(BackupError):
            run(str(SERVER_BINARIES / "pg_ctl"), "stop", "--mode=immediate", f"--pgdata={folder / 'data'}")
    if folder.exists():
        shutil.rmtree(folder)
