"""Every way a request can fail, as one problem+json answer."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.observability.context import trace_context
from chassis.observability.logs import get_logger
from chassis.problems import MEDIA_TYPE, BadRequest, Problem, Unavailable

_log = get_logger(__name__)
_LONGEST_FIELD = 200


def problem_response(
    status: int,
    detail: str,
    *,
    title: str = "",
    type: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Response:
    """Build the answer; text that is not valid Unicode (a client may send such names) is replaced, not fatal."""
    body = {
        "type": type,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": trace_context.request_id,
        **(extensions or {}),
    }
    content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Response(content, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def render(problem: Problem) -> Response:
    """Render a :class:`Problem`."""
    return problem_response(
        problem.status,
        problem.detail,
        title=problem.title,
        type=problem.type,
        headers=problem.headers,
        extensions=problem.extensions,
    )


async def _problem(_: Request, problem: Problem) -> Response:
    return render(problem)


def _field(location: Sequence[Any]) -> tuple[str, str]:
    where = str(location[0]) if location else "body"
    path = ".".join(str(part) for part in location[1:]) or where
    return where, path[:_LONGEST_FIELD]


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


async def _validation(request: Request, error: RequestValidationError) -> Response:
    faults = error.errors()
    body_refused = any(fault["loc"][:1] == ("body",) for fault in faults)
    # FastAPI hands an undeclared media type on as bytes and then complains about their type: say what is wrong instead.
    if body_refused and isinstance(error.body, bytes) and not _is_json(request.headers.get("content-type", "")):
        return problem_response(415, "send the body as application/json")
    if any(fault["type"] == "json_invalid" for fault in faults):
        return render(BadRequest("the body is not valid JSON"))
    errors = []
    for fault in faults:
        where, path = _field(fault["loc"])
        errors.append({"field": path, "location": where, "message": fault["msg"].removeprefix("Value error, ")})
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:5])
    return problem_response(422, detail, title="Invalid input", extensions={"errors": errors})


async def _http(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = request.app.state.allowed_methods.of(request.url.path) or headers.get("Allow", "")
    return problem_response(error.status_code, str(error.detail), headers=headers)


async def _database(_: Request, error: DBAPIError) -> Response:
    # Lost connections, lock and statement timeouts pass by themselves; anything else is our bug and stays a 500.
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        _log.warning("database does not answer", error=type(error.orig).__name__)
        return render(Unavailable("the database does not answer"))
    raise error


async def _pool(_: Request, __: PoolTimeout) -> Response:
    _log.warning("no database connection became free")
    return render(Unavailable("too busy"))


async def _redis(_: Request, error: RedisError) -> Response:
    _log.warning("redis does not answer", error=type(error).__name__)
    return render(Unavailable("the session store does not answer"))


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem_response(500, "something went wrong on our side; the request id finds it in the logs")


def install(app: FastAPI) -> None:
    """Register all handlers on ``app``."""
    app.add_exception_handler(Problem, _problem)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_exception_handler(DBAPIError, _database)  # type: ignore[arg-type]
    app.add_exception_handler(PoolTimeout, _pool)  # type: ignore[arg-type]
    app.add_exception_handler(RedisError, _redis)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, _unexpected)
