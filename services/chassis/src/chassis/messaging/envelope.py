"""The one shape in which events travel: CloudEvents 1.0, structured JSON mode."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chassis.identifiers import uuid7
from chassis.observability.context import trace_context

CONTENT_TYPE = "application/cloudevents+json"

EventType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*\.[a-z][a-z_]*\.v[1-9][0-9]*$", max_length=100)]
Traceparent = Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]


class Undecodable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The bytes of a message, or the data inside an event, are not what its type promises. Trying again cannot help."""


class Event(BaseModel):
    """One fact about one aggregate.

    ``subject`` is the aggregate's id; ``aggregateversion`` grows with every change of that aggregate, so that a
    receiver can drop what is stale. ``traceparent`` and ``requestid`` name the request that caused the fact.
    Unknown extension attributes are ignored: producers may add some at any time.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(default_factory=uuid7)
    source: Annotated[str, StringConstraints(pattern=r"^/longhouse/[a-z][a-z0-9_]{1,19}$")]
    type: EventType
    time: AwareDatetime
    subject: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    data: dict[str, Any]
    traceparent: Traceparent | None = None
    requestid: Annotated[str, StringConstraints(max_length=128)] | None = None
    aggregateversion: Annotated[int, Field(ge=1)] | None = None

    @classmethod
    def of(
        cls,
        type_: str,
        data: BaseModel,
        *,
        service: str,
        subject: UUID | str,
        now: datetime,
        version: int | None = None,
    ) -> Self:
        """Wrap ``data`` (the contract model of ``type_``) as a new event of ``service`` about aggregate ``subject``.

        The current trace and request id go with it.
        """
        return cls(
            source=f"/longhouse/{service}",
            type=type_,
            time=now,
            subject=str(subject),
            dataschema=f"urn:longhouse:schema:{type_}",
            data=data.model_dump(mode="json"),
            traceparent=trace_context.traceparent() or None,
            requestid=trace_context.request_id or None,
            aggregateversion=version,
        )

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Read an event from a message body; raises `Undecodable` with the first reason."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise Undecodable(f"{place}: {first['msg']}") from None

    def encode(self) -> str:
        """Structured-mode JSON; absent extensions are left out, as CloudEvents asks."""
        return self.model_dump_json(exclude_none=True)
