# Written by Longhouse (role mailsink).
"""An SMTP server that keeps every message in a Maildir, and misbehaves when a test asks it to.

The file ``$RUNTIME_DIRECTORY/behaviour`` names what it does to each message; absent or empty, it takes it.
"""

import asyncio
import os
from pathlib import Path

from aiosmtpd.handlers import Mailbox

# What is said instead of taking the message, at which command. "fault 5xx" is what tests look for in the rows.
ANSWERS = {
    "busy": ("MAIL", "421 fault: closing, come back later"),
    "greylist": ("RCPT", "450 fault: come back later"),
    "later": ("DATA", "451 fault: come back later"),
    "reject": ("RCPT", "550 fault 5xx: nobody here"),
    "reject-content": ("DATA", "554 fault 5xx: not this"),
}
SILENT_SECONDS = 3600


class Sink(Mailbox):
    """Other behaviours: ``silent`` answers no more; ``cut`` hangs up in the middle of the message; ``keep-and-cut``
    takes it and hangs up before it says so; ``slow`` takes 3 s over each."""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's names
        if answer := await self._behave("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := await self._behave("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        behaviour = _behaviour()
        if behaviour == "cut":
            server.transport.abort()
            return "451 never heard"
        if answer := await self._behave("DATA"):
            return answer
        if behaviour == "slow":
            await asyncio.sleep(3)
        taken = await super().handle_DATA(server, session, envelope)
        if behaviour == "keep-and-cut":
            server.transport.abort()
        return taken

    async def _behave(self, command):
        behaviour = _behaviour()
        if behaviour == "silent":
            await asyncio.sleep(SILENT_SECONDS)
        at, answer = ANSWERS.get(behaviour, ("", ""))
        return answer if at == command else ""


def _behaviour():
    try:
        return (Path(os.environ["RUNTIME_DIRECTORY"]) / "behaviour").read_text().strip()
    except FileNotFoundError:
        return ""
