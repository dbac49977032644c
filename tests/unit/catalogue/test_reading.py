"""The catalogue file: a broken one is refused with file, line and column."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from tests.unit.plugins import filters

read = filters("catalogue")["catalogue_read"]


def test_a_sound_file_is_its_content() -> None:
    assert read("catalogue_services: [{name: order}]", "c.yml") == {"catalogue_services": [{"name": "order"}]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("catalogue_services:\n  - name: order\n   port: 1\n", "c.yml:3:4: "),
        ("catalogue_services:\n  - {name: a, port: 1, port: 2}\n", "c.yml:2:24: 'port' is there twice"),
        ("catalogue_services: []\ncatalogue_services: []\n", "c.yml:2:1: 'catalogue_services' is there twice"),
        ("catalogue_services: []\nsevrices: []\n", "c.yml: sevrices: unknown key"),
        ("services: []\n", "c.yml: expected one key, `catalogue_services:`"),
        ("", "c.yml: expected one key, `catalogue_services:`"),
        ("- order\n", "c.yml: expected one key, `catalogue_services:`"),
    ],
)
def test_a_broken_file_is_named_with_the_place(text: str, words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        read(text, "c.yml")
    assert words in str(caught.value)
