"""Errors as RFC 9457 problem details: the exception a service raises, and how it is documented."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
SCHEMA_REF = "#/components/schemas/Problem"


class FieldError(BaseModel):
    """One field that was refused, and why."""

    field: str = Field(description="Dotted path of the field, as sent", examples=["items.0.quantity"])
    location: str = Field(description="body, query, path, header or cookie")
    message: str


class ProblemBody(BaseModel):
    """RFC 9457 problem details with this platform's extensions."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] | None = None


class Problem(Exception):  # noqa: N818 - the name of the thing in RFC 9457
    """An error a client can act on. Subclass it beside the service that raises it.

    ``extensions`` become members of the answer; ``headers`` its headers.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    type: ClassVar[str] = "about:blank"

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.extensions = extensions


class BadRequest(Problem):
    status = 400
    title = "Malformed request"


class Unauthorized(Problem):
    """Who is calling is unknown; RFC 6750 asks for the challenge."""

    status = 401
    title = "Authentication required"

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer", **(headers or {})}, **extensions)


class Forbidden(Problem):
    status = 403
    title = "Not allowed"


class NotFound(Problem):
    status = 404
    title = "Not found"


class Conflict(Problem):
    status = 409
    title = "Conflict"


class InvalidInput(Problem):
    """A field that only the service could judge; rendered like every other 422."""

    status = 422
    title = "Invalid input"

    def __init__(self, field: str, message: str, *, location: str = "body") -> None:
        super().__init__(f"{field}: {message}", errors=[{"field": field, "location": location, "message": message}])


class TooManyRequests(Problem):
    """``retry_after`` in whole seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(Problem):
    """Something we need does not answer; ``retry_after`` in whole seconds."""

    status = 503
    title = "Temporarily unavailable"

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


def documented(status: int, description: str) -> dict[str, Any]:
    """Return the OpenAPI response object of a problem."""
    response: dict[str, Any] = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA_REF}}},
    }
    if status in {429, 503}:
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        }
    return response


def problems(*classes: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return ``responses=`` for a route: one documented answer per status of ``classes``."""
    titles: dict[int, list[str]] = {}
    for problem in classes:
        titles.setdefault(problem.status, []).append(problem.title)
    return {
        status: documented(status, "; ".join(dict.fromkeys(named)) or HTTPStatus(status).phrase)
        for status, named in titles.items()
    }
