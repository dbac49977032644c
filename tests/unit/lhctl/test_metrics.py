"""What lhctl tells node-exporter about releases."""

from __future__ import annotations

from lhctl import metrics
from tests.unit.lhctl.fakes import World


def test_it_tells_which_release_of_which_colour_serves(world: World) -> None:
    world.host.layout.textfiles.mkdir(parents=True)
    world.converge(world.wanted("1"))
    world.converge(world.wanted("2"))
    metrics.write(world.host.layout)
    (file,) = world.host.layout.textfiles.glob("*.prom")
    lines = file.read_text().splitlines()
    serving = [line for line in lines if 'active="true"' in line]
    assert len(serving) == 1
    assert 'version="2"' in serving[0]
    assert next(line for line in lines if line.startswith("longhouse_release_unfinished")).endswith(" 0")


def test_a_host_that_nobody_watches_gets_no_file(world: World) -> None:
    world.converge(world.wanted("1"))
    metrics.write(world.host.layout)
    assert not world.host.layout.textfiles.exists()
