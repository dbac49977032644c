"""``order-relay``: publish the events of the outbox."""

from chassis.messaging.relay import run_relay
from chassis.observability.logs import configure_logging
from chassis.settings import ServiceSettings, load_settings


def main() -> None:
    """Run until SIGTERM."""
    settings = load_settings(ServiceSettings)
    configure_logging(settings)
    run_relay(settings)


if __name__ == "__main__":
    main()
