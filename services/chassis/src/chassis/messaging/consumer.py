"""The consumer: takes a subscriber's events from its queue and applies each exactly once.

Ack after commit. A failing handler gets 5 tries with growing pauses: the message is rejected back to the
quorum queue, which counts (`x-delivery-count`), so the count survives crashes of this process. Then, or at once for
what can never be understood, it goes to the dead letters with its reason. Trouble of database or broker never counts.
"""

from collections.abc import Mapping, Sequence
from typing import LiteralString

from chassis import failpoints
from chassis.messaging.application import Application, Handler
from chassis.messaging.broker import Broker, BrokerUnavailable
from chassis.messaging.connections import ConnectionSettings, open_broker
from chassis.messaging.delivery import Delivery
from chassis.messaging.relay import BACKOFF_SECONDS, Checkpoint
from chassis.messaging.shutdown import Shutdown
from chassis.observability.logs import get_logger

log = get_logger(__name__)


def run_consumer(
    settings: ConnectionSettings,
    queue: str,
    handlers: Mapping[str, Handler],
    *,
    chores: Sequence[LiteralString] = (),
    checkpoint: Checkpoint | None = None,
) -> None:
    """Consume ``queue`` until SIGTERM. ``handlers`` maps an event type, e.g. ``user.updated.v1``, to its handler.

    ``chores`` are statements run every ten minutes, to delete what is out of date; short ones, please.
    Event names without any handler are acknowledged and ignored; another version of a handled name is dead at once.
    """
    failpoints.enable(settings)
    shutdown = Shutdown()
    shutdown.listen()
    steps = checkpoint or failpoints.steps("consumer")
    application = Application(settings, queue, handlers, steps, chores)
    Consumer(settings, queue, application, shutdown).run()
    shutdown.close()


class Consumer:
    """One consumer process of one queue: connects, and reconnects for ever with bounded backoff."""

    def __init__(
        self,
        settings: ConnectionSettings,
        queue: str,
        application: Application,
        shutdown: Shutdown,
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._shutdown = shutdown
        self._application = application

    def run(self) -> None:
        """Serve until the shutdown is requested."""
        failures = 0
        while not self._shutdown.requested:
            broker = None
            try:
                broker = self._connect()
                delivery = Delivery(broker, self._queue, self._application, self._connect)
                delivery.start()
                failures = 0
                delivery.run(self._shutdown)
                broker.close()
            except BrokerUnavailable as error:
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                failures += 1
                log.warning("consumer interrupted", error=str(error), retry_in=pause)
                self._shutdown.sleep(pause)
            finally:
                if broker is not None:
                    broker.discard()
        self._application.close()

    def _connect(self) -> Broker:
        return open_broker(self._settings, role="consumer")
