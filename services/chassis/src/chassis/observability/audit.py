"""The record of administrative acts: who did what to whom or what, from where. ``lhctl audit`` shows it.

A record is one entry of the journal. It is written by this process and kept by journald, which runs as root, adds by
itself which unit and user wrote it, and offers nobody a way to change what is there.
"""

import anyio

from chassis.observability.context import trace_context
from chassis.observability.logs import compose, current_sink
from chassis.problems import Unavailable
from chassis.security.principal import Principal

_LOGGER = "audit"
# journald that restarts is back within a second.
_TRIES = 20
_PAUSE_SECONDS = 0.05


class Unrecorded(Unavailable):
    """An act that nobody could be asked about later is not done."""

    title = "Cannot be put on record"


async def put_on_record(actor: Principal | str, action: str, thing: str, **details: object) -> None:
    """Record that ``actor`` does ``action`` (``"user.change"``) to ``thing`` (``"user/<id>"``); details are no secrets.

    Call it last in the transaction of the act: a record without an act is a question, an act without a record is a
    hole. Raises Unrecorded (503) when the journal does not take it.
    """
    who, role, session = _who(actor)
    told = " ".join(f"{name}={value}" for name, value in details.items())
    client = trace_context.client
    message = f"{action} {thing} by {who}" + (f" from {client}" if client else "") + (f": {told}" if told else "")
    fields = {
        "longhouse_audit": "1",
        "actor": who,
        "actor_role": role,
        "actor_session": session,
        "action": action,
        "object": thing,
        "detail": told,
        "client_address": client,
    }
    record = compose("notice", message, _LOGGER, {name: value for name, value in fields.items() if value})
    for _ in range(_TRIES):
        try:
            current_sink().keep(record)
        except OSError:
            await anyio.sleep(_PAUSE_SECONDS)
        else:
            return
    raise Unrecorded("the journal takes no record of it", retry_after=2)


def _who(actor: Principal | str) -> tuple[str, str, str]:
    if isinstance(actor, str):
        return actor, "", ""
    return str(actor.subject), actor.role, str(actor.session)
