"""Only processes of ours are ever signalled."""

from __future__ import annotations

import subprocess
from dataclasses import replace

from control.processes import Process


def test_a_recorded_process_is_found_killed_and_waited_for() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = Process.of(child.pid)
        assert process is not None
        assert process.alive()
        process.kill()
        assert child.wait() == -9
        assert process.gone_within(1)


def test_a_number_that_belongs_to_somebody_else_by_now_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = Process.of(child.pid)
        assert process is not None
        stranger = replace(process, started=process.started - 1)
        assert not stranger.alive()
        stranger.kill()
        assert child.poll() is None
        child.kill()


def test_a_process_that_ended_but_was_not_collected_counts_as_gone() -> None:
    with subprocess.Popen(["true"]) as child:
        process = Process.of(child.pid)
        assert process is None or process.gone_within(5)
