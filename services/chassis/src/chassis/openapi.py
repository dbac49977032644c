"""The OpenAPI document says what really comes back: problem+json for every refusal."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chassis.problems import SCHEMA_REF, ProblemBody, documented

_METHODS = ("get", "post", "put", "patch", "delete")
_OF_A_BODY = {400: "The body is not valid JSON", 413: "The body is too large", 415: "The body is not JSON"}


def _complete(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "422" in responses and SCHEMA_REF not in str(responses["422"]):
        responses["422"] = documented(422, "A field was refused; `errors` names it")
    if "requestBody" in operation:
        for status, description in _OF_A_BODY.items():
            responses.setdefault(str(status), documented(status, description))
        responses.setdefault("422", documented(422, "A field was refused; `errors` names it"))
    if operation.get("security"):
        responses.setdefault("401", documented(401, "No valid access token"))
    # The edge counts each client's requests, whichever they are.
    responses.setdefault("429", documented(429, "Too many requests for now"))
    responses.setdefault("503", documented(503, "Something this needs does not answer"))


def describe(app: FastAPI) -> dict[str, Any]:
    """Build the document of ``app`` (OpenAPI 3.1); the caller caches it."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                _complete(path[method])
    return document
