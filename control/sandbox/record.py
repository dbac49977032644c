"""What is remembered about a host between calls: `.longhouse/hosts/<NAME>/sandbox.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from control.layout import HOSTS, HostFolder
from control.sandbox.addresses import Link


@dataclass(frozen=True)
class Record:
    """`mtu` in bytes; `image` names a folder of `.longhouse/images/`."""

    name: str
    image: str
    link: Link
    mtu: int

    @classmethod
    def load(cls, folder: HostFolder) -> Record:
        data = json.loads(folder.record.read_text())
        return cls(name=data["name"], image=data["image"], link=Link(**data["link"]), mtu=data["mtu"])

    def save(self, folder: HostFolder) -> None:
        pending = folder.record.with_suffix(".new")
        pending.write_text(json.dumps(asdict(self), indent=1) + "\n")
        pending.rename(folder.record)


def all_records() -> list[Record]:
    return [Record.load(HostFolder(path.parent.name)) for path in sorted(HOSTS.glob("*/sandbox.json"))]
