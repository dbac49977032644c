"""Makes one attempt at one delivery: claim, render, send, record."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis import failpoints
from chassis.observability.context import trace_context
from chassis.observability.logs import get_logger
from notifications.channels.port import ChannelProblem, Message, Refused, Rejected, Unreachable
from notifications.channels.registry import Channels
from notifications.delivery import ledger
from notifications.delivery.ledger import Claim, Result
from notifications.delivery.metrics import attempts, deliveries, delivery_seconds
from notifications.delivery.patience import PatientDatabase
from notifications.delivery.retry_policy import RetryPolicy
from notifications.notifications.status import AttemptOutcome, Channel, DeliveryStatus
from notifications.templates.opener import Opener
from notifications.templates.renderer import BrokenTemplateError, Renderer

# After a channel was found away, this long nobody of this process knocks again: a server that hangs costs one worker
# one timeout now and then, not one for every message in the queue.
REST_SECONDS = 3.0

log = get_logger(__name__)


class Courier:
    """One per worker child. Not for threads: it keeps one database and one SMTP connection."""

    def __init__(
        self,
        database: PatientDatabase,
        channels: Channels,
        policy: RetryPolicy,
        *,
        renderer: Renderer | None = None,
        opener: Opener | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._channels = channels
        self._policy = policy
        self._renderer = renderer or Renderer()
        self._opener = opener or Opener("", private_key=None)
        self._jitter = jitter
        self._monotonic = monotonic
        self._resting: dict[Channel, float] = {}

    def deliver(self, delivery_id: UUID, channel: Channel) -> DeliveryStatus | None:
        """Make an attempt; returns what the delivery came to, or None when there was nothing to do."""
        if self._resting.get(channel, 0.0) > self._monotonic():
            rest = timedelta(seconds=REST_SECONDS)
            self._database.run(lambda connection: ledger.park(connection, delivery_id, rest))
            return None
        claimed = self._database.run(lambda connection: ledger.claim(connection, delivery_id))
        if claimed is None:
            return None
        with trace_context.bind(
            traceparent=claimed.traceparent,
            request_id=claimed.request_id,
            event_id=str(claimed.event_id) if claimed.event_id else None,
        ):
            return self._attempt(claimed)

    def close(self) -> None:
        """Let go of all connections."""
        self._channels.close()
        self._database.close()

    def _attempt(self, claimed: Claim) -> DeliveryStatus:
        failpoints.reach("courier.claimed")
        result = self._send(claimed)
        if result.status is DeliveryStatus.SENT:
            failpoints.reach("courier.sent")
        try:
            kept = self._database.run(lambda connection: ledger.finish(connection, claimed, result))
            aftermath = self._database.run(lambda connection: ledger.release(connection, claimed.delivery_id))
        except BaseException:
            # Ends the lock with the session: the sweeper shall find this delivery without a holder.
            self._database.close()
            log.error("attempt made but not recorded", delivery=claimed.delivery_id, outcome=result.outcome)
            raise
        self._report(claimed, result, kept)
        if aftermath.erase:
            self._database.run(lambda connection: ledger.erase(connection, claimed.delivery_id))
        if aftermath.wake and result.outcome is not AttemptOutcome.UNREACHABLE:
            channel = Channel(claimed.channel)
            woken = self._database.run(lambda connection: ledger.wake_awaiting(connection, channel))
            log.info("channel works again", channel=channel, woken=woken)
        return result.status

    def _send(self, claimed: Claim) -> Result:
        channel = Channel(claimed.channel)
        try:
            data = self._opener.opened(claimed.template, claimed.data)
            rendered = self._renderer.render(claimed.template, channel, data)
            receipt = self._channels.get(channel).send(
                Message(
                    delivery_id=claimed.delivery_id,
                    to=claimed.address,
                    title=rendered.title,
                    text=rendered.text,
                    html=rendered.html,
                    event_id=claimed.event_id,
                    request_id=claimed.request_id,
                    traceparent=claimed.traceparent,
                )
            )
        except (ChannelProblem, BrokenTemplateError) as problem:
            return self._judge(claimed, problem)
        except Exception as error:
            # A bug of a channel or a library must not leave the delivery in limbo: it counts as a refusal.
            log.exception("channel failed unexpectedly", delivery=claimed.delivery_id)
            return self._judge(claimed, Refused(f"{type(error).__name__}: {error}"))
        self._resting.pop(channel, None)
        return Result(AttemptOutcome.SENT, DeliveryStatus.SENT, receipt)

    def _judge(self, claimed: Claim, problem: ChannelProblem | BrokenTemplateError) -> Result:
        if isinstance(problem, BrokenTemplateError | Rejected):
            return Result(AttemptOutcome.REJECTED, DeliveryStatus.FAILED, str(problem))
        outcome = AttemptOutcome.REFUSED
        wait = self._policy.after_refusal(claimed.refusals + 1, claimed.age, jitter=self._jitter())
        if isinstance(problem, Unreachable):
            self._resting[Channel(claimed.channel)] = self._monotonic() + REST_SECONDS
            outcome = AttemptOutcome.UNREACHABLE
            wait = self._policy.after_unreachable(claimed.number, claimed.age, jitter=self._jitter())
        if wait is None:
            return Result(outcome, DeliveryStatus.DEAD, str(problem))
        return Result(outcome, DeliveryStatus.PENDING, str(problem), wait)

    def _report(self, claimed: Claim, result: Result, kept: bool) -> None:
        attempts.labels(claimed.channel, result.outcome).inc()
        if kept and result.status is not DeliveryStatus.PENDING:
            deliveries.labels(claimed.channel, result.status).inc()
        facts = {"delivery": claimed.delivery_id, "channel": claimed.channel, "attempt": claimed.number}
        if not kept:
            log.warning("delivery was taken back during the attempt", outcome=result.outcome, **facts)
        elif result.status is DeliveryStatus.SENT:
            since = claimed.event_time or datetime.now(UTC) - claimed.age
            seconds = round((datetime.now(UTC) - since).total_seconds(), 3)
            delivery_seconds.labels(claimed.channel, claimed.template).observe(max(0.0, seconds))
            log.info("delivered", template=claimed.template, seconds=seconds, **facts)
        elif result.status is DeliveryStatus.PENDING:
            log.warning("delivery put off", error=result.detail, retry_in=result.wait.total_seconds(), **facts)
        else:
            log.error("delivery given up", status=result.status, error=result.detail, **facts)
