"""Opens the channel a delivery asks for, once per process and not before it is asked for."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module

from notifications.channels.port import MessageChannel
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings

Opener = Callable[[], MessageChannel]

# By name: apprise brings some 20 MB that a worker without SMS and push need not hold.
_OPENERS = {
    Channel.EMAIL: ("notifications.channels.smtp", "open_email"),
    Channel.SMS: ("notifications.channels.gateway", "open_sms"),
    Channel.PUSH: ("notifications.channels.gateway", "open_push"),
}


class Channels:
    """The channels of one process."""

    def __init__(self, openers: Mapping[Channel, Opener]) -> None:
        self._openers = openers
        self._open: dict[Channel, MessageChannel] = {}

    def get(self, channel: Channel) -> MessageChannel:
        """The open channel; raises `NotConfigured` when this installation has none."""
        if channel not in self._open:
            self._open[channel] = self._openers[channel]()
        return self._open[channel]

    def close(self) -> None:
        """Close all that were opened."""
        for channel in self._open.values():
            channel.close()
        self._open.clear()


def configured_channels(settings: NotificationSettings) -> Channels:
    """The channels as ``settings`` describe them."""
    return Channels({channel: partial(_open, module, name, settings) for channel, (module, name) in _OPENERS.items()})


def _open(module: str, name: str, settings: NotificationSettings) -> MessageChannel:
    opener: Callable[[NotificationSettings], MessageChannel] = getattr(import_module(module), name)
    return opener(settings)
