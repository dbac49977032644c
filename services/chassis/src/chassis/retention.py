"""Statements that delete what is out of date; a consumer runs them as its chores. Bounded, so that each is short."""

IDEMPOTENCY = (
    "DELETE FROM idempotency WHERE ctid IN (SELECT ctid FROM idempotency WHERE expires_at < now() LIMIT 10000)"
)
