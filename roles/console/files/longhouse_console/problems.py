"""What can go wrong with a request, as the answer it becomes (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus


class Problem(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """An answer other than 200. `detail` is for the person in front of the page: never a secret, never a token."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def body(self) -> dict[str, object]:
        """`{type, title, status, detail}`."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }


class SourceError(Exception):
    """One of the sources (Prometheus, the journal …) did not answer; what the others say is still worth telling."""
