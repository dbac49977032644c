"""After a restore: what was sent shortly before its moment is sent once more.

A restored database says that an event left; the broker that held it may be gone with its host, or hold it from a
history that was given up. Receivers pass over what their inbox, restored to the same moment, has applied.
"""

from __future__ import annotations

from longhouse_backup.plan import Plan
from longhouse_backup.programs import LIVE_SOCKET, psql

_SENT = "SELECT to_regclass('public.outbox_sent') IS NOT NULL"
# With their old numbers, so that the events of one thing keep their order.
_RESEND = """
WITH again AS (
  INSERT INTO public.outbox (id, seq, aggregate_id, type, payload, created_at) OVERRIDING SYSTEM VALUE
  SELECT id, seq, aggregate_id, type, payload, created_at FROM public.outbox_sent ORDER BY seq
  ON CONFLICT DO NOTHING
  RETURNING id
)
SELECT count(*) FROM again
"""


def resend(plan: Plan) -> int:
    """Put events that were sent lately into each outbox again; returns how many."""
    publishing = [name for name in plan.databases if psql(LIVE_SOCKET, name, _SENT) == "t"]
    return sum(int(psql(LIVE_SOCKET, name, _RESEND)) for name in publishing)
