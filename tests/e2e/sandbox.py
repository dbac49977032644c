"""The host under test, as `.longhouse/hosts/<name>.json` promises it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from functools import cached_property
from pathlib import Path

from tests.e2e.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
BOUNDARY = "=====next message====="


@dataclass(frozen=True)
class Sandbox:
    """One sandbox host: where its edge is, and a hand on it."""

    name: str
    base_url: str
    address: str
    ca_file: str
    ssh: tuple[str, ...]
    inventory: str
    mail_dir: str
    admin_email: str
    admin_password_file: str

    @classmethod
    def read(cls, name: str) -> Sandbox:
        """Raises FileNotFoundError with the path when the host was never brought up."""
        record = json.loads((ROOT / ".longhouse" / "hosts" / f"{name}.json").read_text())
        return cls(
            name=record["name"],
            base_url=record["base_url"],
            address=record["address"],
            ca_file=record["ca_file"],
            ssh=tuple(record["ssh"]),
            inventory=record["inventory"],
            mail_dir=record["mail_dir"],
            admin_email=record["admin"]["email"],
            admin_password_file=record["admin"]["password_file"],
        )

    def run(self, command: str) -> str:
        """Output of a shell command on the host; a failure is an error with what it printed."""
        done = subprocess.run([*self.ssh, command], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    @cached_property
    def admin_password(self) -> str:
        return Path(self.admin_password_file).read_text().strip()

    def emails(self, recipient: str) -> list[Message]:
        """Delivered emails to one address, oldest first."""
        listed = f"grep -lFs -- {recipient} {self.mail_dir}/new/* | xargs -r ls -tr"
        text = self.run(f"for file in $({listed}); do cat $file; echo; echo '{BOUNDARY}'; done")
        messages = [message_from_string(part.lstrip("\n")) for part in text.split(BOUNDARY) if part.strip()]
        return [message for message in messages if recipient in str(message["To"])]

    def email(self, recipient: str, subject: str, *, within: float = 30) -> Message:
        """The one email to `recipient` whose subject holds `subject`; waits for it."""

        def arrived() -> Message | None:
            return next((mail for mail in self.emails(recipient) if subject in str(mail["Subject"])), None)

        return eventually(arrived, within=within, what=f"email {subject!r} to {recipient}")
