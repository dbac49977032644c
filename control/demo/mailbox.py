"""Reads the Maildir of a sandbox host over ssh."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

# One line per message: time of delivery in seconds, then the file. The sink writes the envelope's recipient on top.
_READ = """\
cd {folder}/new 2>/dev/null || exit 0
grep -l -i -m1 '^X-RcptTo: .*{address}' -- * 2>/dev/null | while read -r file; do
  printf '%s %s\\n' "$(stat -c %.Y -- "$file")" "$(base64 -w0 -- "$file")"
done
"""


@dataclass(frozen=True)
class Mail:
    """A delivered message; `delivered` in seconds since the epoch, by the clock this machine shares with the host."""

    delivered: float
    message: EmailMessage

    def text(self) -> str:
        """The plain-text body, decoded."""
        body = self.message.get_body(preferencelist=("plain",))
        return "" if body is None else str(body.get_content())


def mails_to(ssh: Sequence[str], folder: str, address: str) -> list[Mail]:
    """Every message delivered to `address`, oldest first."""
    script = _READ.format(folder=folder, address=address)
    output = subprocess.run([*ssh, script], check=True, capture_output=True, text=True, timeout=30).stdout
    rows = (line.split() for line in output.splitlines())
    mails = [Mail(float(time), parse(base64.b64decode(content))) for time, content in rows]
    return sorted(mails, key=lambda mail: mail.delivered)


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)
