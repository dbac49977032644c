"""One call at a time works on a host, also when the call before removed it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from control.locking import locked


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with locked(tmp_path / "host"):
            order.append("second")

    waiting = threading.Thread(target=second)
    with locked(tmp_path / "host"):
        waiting.start()
        entered.wait()
        waiting.join(timeout=0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_waiting_for_a_folder_that_is_removed_ends_in_a_lock_on_the_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "host"
    seen: list[bool] = []

    def second() -> None:
        with locked(folder):
            seen.append(folder.is_dir())

    waiting = threading.Thread(target=second)
    with locked(folder):
        waiting.start()
        waiting.join(timeout=0.2)
        shutil.rmtree(folder)
    waiting.join(timeout=5)
    assert seen == [True]
