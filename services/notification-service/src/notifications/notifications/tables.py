"""The tables: a notification (what, about what, for whom), its deliveries (one a channel), their attempts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database.tables import Base, Identified
from chassis.messaging.tables import inbox_table
from notifications.notifications.status import AttemptOutcome, Channel, DeliveryStatus

# The working set of the dispatcher and the sweeper: their indexes stay small however long the history grows.
_DUE = "status = 'pending' AND enqueued_at IS NULL AND NOT awaiting_channel"
_ENQUEUED = "status = 'pending' AND enqueued_at IS NOT NULL"
_AWAITING = "status = 'pending' AND awaiting_channel"


def _one_of(column: str, values: type[Channel] | type[DeliveryStatus] | type[AttemptOutcome]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Notification(Identified, Base):
    """One message about one event (or one administrator's request), whatever the channels."""

    __tablename__ = "notification"
    __table_args__ = (
        # The second guard behind the inbox: one event makes one notification a template, even replayed by hand.
        UniqueConstraint("event_id", "template"),
        Index(None, "recipient_id", "created_at", "id"),
        Index(None, "created_at", "id"),
    )

    event_id: Mapped[UUID | None]
    event_type: Mapped[str | None]
    event_time: Mapped[datetime | None]
    template: Mapped[str]
    recipient_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]
    traceparent: Mapped[str | None]
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Delivery(Identified, Base):
    """One notification over one channel: the truth about whether it was sent. The broker only carries reminders."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel"),
        CheckConstraint(_one_of("channel", Channel), "channel"),
        CheckConstraint(_one_of("status", DeliveryStatus), "status"),
        CheckConstraint("(status = 'sending') = (lease_until IS NOT NULL)", "lease"),
        Index("ix_delivery_due", "channel", "next_attempt_at", postgresql_where=text(_DUE)),
        Index("ix_delivery_enqueued", "channel", "enqueued_at", postgresql_where=text(_ENQUEUED)),
        Index("ix_delivery_awaiting", "channel", "next_attempt_at", postgresql_where=text(_AWAITING)),
        Index("ix_delivery_lease", "lease_until", postgresql_where=text("status = 'sending'")),
    )

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id", ondelete="CASCADE"))
    channel: Mapped[str]
    address: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=DeliveryStatus.PENDING.value)
    attempts: Mapped[int] = mapped_column(server_default="0")
    # Attempts that this message itself was to blame for, as opposed to a channel that was away.
    refusals: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # When a reminder (a Celery task) was last put into the broker for the present wait; NULL = none yet.
    enqueued_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    # The last attempt found the channel away: such rows are probed one by one until one gets through.
    awaiting_channel: Mapped[bool] = mapped_column(server_default=text("false"))
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeliveryAttempt(Base):
    """One try to send. It is written before the try, so that one a worker died in stays visible."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (CheckConstraint(_one_of("outcome", AttemptOutcome), "outcome"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    receipt: Mapped[str | None]


inbox = inbox_table(Base.metadata)
