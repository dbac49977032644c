"""The vocabulary of notifications: channels, and the states of a delivery."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class DeliveryStatus(StrEnum):
    """Where one delivery stands. The last three are final."""

    PENDING = "pending"  # to be sent, now or at next_attempt_at
    SENDING = "sending"  # a worker holds it
    SENT = "sent"  # the other side took it
    FAILED = "failed"  # the other side will never take it, or it cannot be sent as it is
    DEAD = "dead"  # tried often enough, or long enough


class AttemptOutcome(StrEnum):
    """How one attempt ended."""

    SENT = "sent"
    UNREACHABLE = "unreachable"  # the channel as a whole does not work; not this message's fault
    REFUSED = "refused"  # not now
    REJECTED = "rejected"  # never
    ABANDONED = "abandoned"  # the worker died in it: the message may have gone out
