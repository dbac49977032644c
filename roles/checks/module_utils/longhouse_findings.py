"""What a check says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MANUAL = "docs/operations/checks.md"


@dataclass(frozen=True)
class Finding:
    """One check of one subject: its section in the manual, what was seen, and the command to `ask` next."""

    check: str
    subject: str
    passed: bool
    detail: str
    ask: str

    def line(self) -> str:
        """For a person: what is wrong and what to type next."""
        return f"{self.check} {self.subject}: {self.detail}. Next: {self.ask} ({MANUAL}#{self.check})"

    def facts(self) -> dict[str, Any]:
        """For a program."""
        return asdict(self)
