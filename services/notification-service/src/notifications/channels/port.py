"""The port every channel implements, and the four ways a message can fare."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """One rendered message for one address. ``title`` is the subject of an email; SMS have none."""

    delivery_id: UUID
    to: str
    title: str
    text: str
    html: str | None = None
    event_id: UUID | None = None
    request_id: str | None = None
    traceparent: str | None = None


class ChannelProblem(Exception):  # noqa: N818 - its subclasses name how a message fared
    """A message was not taken; the text says why, in the other side's words where it gave some."""


class Unreachable(ChannelProblem):
    """The channel as a whole does not work now: refused connection, timeout, login. Any message would fare so."""


class Refused(ChannelProblem):
    """This message was not taken now, or it is unknown whether it was; trying again may help."""


class Rejected(ChannelProblem):
    """This message will never be taken; trying again only annoys."""


class NotConfigured(Rejected):
    """This installation has no such channel."""


class MessageChannel(Protocol):
    """Sends messages. Used by one worker child at a time; connections are its own to keep and to mend."""

    def send(self, message: Message) -> str:
        """Send and return the other side's receipt; raises a `ChannelProblem`. Ends in bounded time."""

    def close(self) -> None:
        """Let connections go; never raises."""
