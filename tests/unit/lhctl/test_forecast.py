"""`lhctl plan` tells what a deploy would do and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from lhctl.forecast import as_text, forecast
from tests.unit.lhctl.fakes import World


def manifest(world: World, version: str, commit: str, **wheels: tuple[str, str]) -> None:
    folder = world.places().release(version)
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        {"name": name, "version": number, "sha256": digest, "own": name == "order"}
        for name, (number, digest) in wheels.items()
    ]
    (folder / "manifest.json").write_text(json.dumps({"commit": commit, "dirty": False, "wheels": listed}))


def everything(root: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}


def test_a_release_is_told_before_it_happens_and_nothing_is_touched(world: World) -> None:
    world.configure("A=1")
    world.converge(world.wanted("1"))
    manifest(world, "1", "aaaa", order=("0.1", "11111111aa"), alpha=("1.0", "x"), gone=("3", "z"))
    manifest(world, "2", "bbbb", order=("0.1", "22222222bb"), alpha=("1.1", "y"))
    world.configure("A=2")
    before, calls = everything(world.layout.root), list(world.units.calls)
    found = forecast(world.host, world.wanted("2", setup=False, canary=(5, 50)))
    assert (everything(world.layout.root), world.units.calls) == (before, calls)
    assert (found["action"], found["why"], found["configuration"]) == ("canary", "1 runs", "changed")
    assert found["wheels"] == ["alpha 1.0 -> 1.1", "gone 3 -> -", "order 0.1 (11111111) -> 0.1 (22222222)"]
    assert "migrate" in found["steps"]
    assert "setup" not in found["steps"]
    assert found["effect"].startswith("5, 50 % of the requests first, requests move from blue")
    text = as_text(found)
    assert "commit         aaaa -> bbbb" in text


def test_settings_units_and_the_edge_s_files_are_shown_as_text_and_secrets_are_not(world: World) -> None:
    root, place = world.layout.root, "/etc/longhouse/order/env"
    credential, edge = (root / "etc/longhouse/credentials/order/key", root / "etc/nginx/conf.d/longhouse-http.conf")
    for path, text in ((credential, "cipher one"), (edge, "limit 1;\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    # pragma: allowlist nextline secret
    world.configure('A="1"\nSAME="x"\nAPI_TOKEN="hunter2"\nURL="amqp://order:sesame1@host/v"\n')
    world.converge(world.wanted("1"))
    assert forecast(world.host, world.wanted("1"))["differences"] == []
    # pragma: allowlist nextline secret
    world.configure('A="2"\nSAME="x"\nAPI_TOKEN="hunter3"\nURL="amqp://order:sesame2@host/v"\n')
    credential.write_text("cipher two")
    edge.write_text("limit 2;\n")
    unit = root / "etc/systemd/system/longhouse-order@.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    found = forecast(world.host, world.wanted("1"))
    text = as_text(found)
    for line in (f"--- {place}", '-A="1"', '+A="2"', "-limit 1;", "+limit 2;", "--- /dev/null", "+[Service]"):
        assert f"    {line}" in text.splitlines()
    assert len([line for line in found["differences"] if "API_TOKEN=***" in line]) == 2
    assert len([line for line in found["differences"] if "encrypted" in line]) == 2
    assert "SAME" not in text
    kept = "".join(path.read_text() for path in (world.layout.variable / "settings").iterdir())
    for secret in ("hunter", "sesame", "cipher"):
        assert secret not in text + kept


def test_an_edge_that_was_told_after_the_first_release_is_no_news(world: World) -> None:
    world.converge(world.wanted("1"))
    edge = world.layout.root / "etc/nginx/conf.d/longhouse-http.conf"
    edge.parent.mkdir(parents=True)
    edge.write_text("limit 1;\n")
    assert forecast(world.host, world.wanted("1"))["differences"] == []


def test_nothing_to_do_and_a_held_version_are_told_too(world: World) -> None:
    world.converge(world.wanted("1"))
    found = forecast(world.host, world.wanted("1"))
    assert (found["action"], found["steps"], found["effect"]) == ("none", [], "no process is touched")
    state = world.state()
    state.quarantined["2"] = "watch: 5 of 100 answers are 5xx"
    state.write(world.places().state)
    manifest(world, "2", "bbbb")
    found = forecast(world.host, world.wanted("2"))
    assert found["action"] == "held"
    assert "5 of 100" in found["why"]
