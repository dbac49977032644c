"""A part of the site is a playbook and a tag of the same name."""

from __future__ import annotations

import yaml

from tests.unit.plugins import ROOT


def test_the_tag_of_each_part_is_its_playbook_s_name() -> None:
    parts = yaml.safe_load((ROOT / "playbooks/site.yml").read_text())
    assert len(parts) > 1
    assert [f"{'+'.join(part['tags'])}.yml" for part in parts] == [
        part["ansible.builtin.import_playbook"] for part in parts
    ]
