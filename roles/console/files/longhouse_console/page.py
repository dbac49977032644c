"""Files of the page, for those who come over ssh; at the edge Nginx serves the same folder."""

from __future__ import annotations

import re
from pathlib import Path

from longhouse_console.problems import Problem

# The same words are in nginx/templates/http.conf.j2; a test holds them together.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class Page:
    """The flat folder `folder`, below `/console/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, path: str) -> tuple[str, bytes, str]:
        """Content type, content and policy; Problem 404 for anything else."""
        name = "index.html" if path in ("/", "/console", "/console/") else path.removeprefix("/console/")
        kind = _TYPES.get(Path(name).suffix)
        if kind is None or not _NAME.fullmatch(name):
            raise Problem(404, "The console has nothing here.")
        try:
            return kind, (self._folder / name).read_bytes(), POLICY
        except OSError as error:
            raise Problem(404, "The console has nothing here.") from error
