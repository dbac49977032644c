"""A host that is as it should be is left alone."""

from tests.convergence.site import SandboxHost, play


def test_a_second_run_changes_nothing(host: SandboxHost) -> None:
    run = play(host)
    assert run.status == 0, run.output[-4000:]
    assert run.changed == []


def test_check_mode_announces_no_change(host: SandboxHost) -> None:
    run = play(host, "--check", "--diff")
    assert run.status == 0, run.output[-4000:]
    assert run.changed == []
