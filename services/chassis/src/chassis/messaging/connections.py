"""How the plain processes (relay, consumer) reach the database and the broker."""

from typing import Any, Protocol

import psycopg
from pydantic import SecretStr

from chassis.messaging.broker import Broker

# Half-open connections to a database on another host end after 10 s; on a unix socket libpq ignores these.
_LIVENESS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
_SERVER_LIMITS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"


class ConnectionSettings(Protocol):
    """The part of a service's settings that reaches its database and the broker."""

    @property
    def service(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def broker_url(self) -> str: ...
    @property
    def failpoints(self) -> bool: ...
    @property
    def broker_password(self) -> SecretStr | None: ...


def open_database(settings: ConnectionSettings, *, role: str) -> psycopg.Connection[Any]:
    """An autocommitting psycopg connection named ``<service>-<role>``; raises `psycopg.OperationalError`."""
    return psycopg.connect(
        settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1),
        autocommit=True,
        application_name=f"{settings.service}-{role}",
        options=_SERVER_LIMITS,
        **_LIVENESS,
    )


def open_broker(settings: ConnectionSettings, *, role: str) -> Broker:
    """A broker connection named ``<service>-<role>``; raises `BrokerUnavailable`."""
    password = settings.broker_password.get_secret_value() if settings.broker_password else None
    return Broker.open(settings.broker_url, password=password, name=f"{settings.service}-{role}")
