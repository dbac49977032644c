"""The revisions that a release brings, and whether the schema as it is can carry it.

A release carries the revisions of all before it. One that takes something away (phase contract) may run as soon as the
first release that has it serves alone; releases without it need what it takes, so there is no way back to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lhctl.layout import ServiceLayout
from lhctl.state import Schema

CONTRACT = "contract"


@dataclass(frozen=True)
class Migrations:
    """`chain` is (revision, phase), oldest first; `told` is false for a release that says nothing of its revisions."""

    version: str
    chain: tuple[tuple[str, str], ...] = ()
    told: bool = False

    @classmethod
    def named(cls, version: str, manifest: Mapping[str, Any]) -> Migrations:
        listed = manifest.get("migrations")
        chain = tuple((entry["revision"], entry["phase"]) for entry in listed or ())
        return cls(version, chain, told=listed is not None)

    @classmethod
    def of(cls, places: ServiceLayout, version: str) -> Migrations:
        """Those of an installed release."""
        try:
            manifest = json.loads((places.release(version) / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            manifest = {}
        return cls.named(version, manifest)

    @property
    def revisions(self) -> list[str]:
        return [revision for revision, _ in self.chain]

    def to_add(self, schema: Schema) -> list[str]:
        """Those that run before the switch."""
        return [revision for revision, phase in self.chain if phase != CONTRACT and revision not in schema.applied]

    def to_take_away(self, schema: Schema) -> list[str]:
        """Those that wait for `lhctl contract`."""
        return [revision for revision, phase in self.chain if phase == CONTRACT and revision not in schema.applied]

    def objection(self, schema: Schema) -> str:
        """Why the schema cannot carry this release, or nothing."""
        foreign = [revision for revision in schema.contracted if revision not in self.revisions]
        if not foreign:
            return ""
        return (
            f"release {self.version} needs what revision {', '.join(foreign)} has taken away from the database; "
            "the schema cannot carry it: go forward with a new release; after a restore, lhctl deploy --force asks anew"
        )

    def behind(self, schema: Schema) -> bool:
        """Whether the database has all that this release adds, and more from a newer one."""
        known = self.revisions
        return bool(known and schema.applied) and schema.applied[-1] not in known and not self.to_add(schema)

    def reached(self, revision: str) -> Schema | None:
        """The schema once it is at `revision`; None when this release does not know it."""
        if revision not in self.revisions:
            return None
        applied = self.revisions[: self.revisions.index(revision) + 1]
        return Schema(applied, [name for name, phase in self.chain if phase == CONTRACT and name in applied])
