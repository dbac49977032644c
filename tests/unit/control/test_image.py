"""An image is used as long as everything it was made from is the same, and no longer than 14 days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from control.sandbox.apt_sources import AptSettings
from control.sandbox.image import MAX_AGE, Inputs, newest

INPUTS = Inputs("trixie", ("systemd",), AptSettings(("deb http://m.example.org trixie main",), ()), (), ("true",))
NOW = 1_800_000_000


@pytest.mark.parametrize(
    "change",
    [
        {"suite": "forky"},
        {"packages": ("systemd", "sudo")},
        {"apt": AptSettings((), ())},
        {"apt": AptSettings(INPUTS.apt.sources, ('Acquire::http::Proxy "http://proxy.example.org";',))},
        {"certificates": ("-----BEGIN CERTIFICATE-----",)},
        {"finish": ("false",)},
    ],
)
def test_any_changed_input_asks_for_another_image(change: dict[str, object]) -> None:
    assert replace(INPUTS, **change).key() != INPUTS.key()  # type: ignore[arg-type]


def test_equal_inputs_share_an_image() -> None:
    assert replace(INPUTS).key() == INPUTS.key()


def test_the_latest_image_is_used_until_it_is_14_days_old(state: Path) -> None:
    key = INPUTS.key()
    for age in (3 * MAX_AGE, 100, 200):
        (state / "images" / f"{key}-{NOW - age}").mkdir(parents=True)
    (state / "images" / f"{key}-{NOW}.partial").mkdir()
    assert newest(key, NOW) == f"{key}-{NOW - 100}"
    assert newest(key, NOW + MAX_AGE) is None
    assert newest("0" * 12, NOW) is None
