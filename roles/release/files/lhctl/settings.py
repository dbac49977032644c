"""The texts a service is set up with: kept as they were when a colour started, and compared with what is there now.

Credentials are encrypted files: of them, and of values whose name sounds like a secret, only the change is told.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping

from lhctl.fingerprint import files_of
from lhctl.layout import ServiceLayout
from lhctl.state import replace

# Settings hold no secrets (they are credentials), but a hand edit may, and a plan is read over shoulders.
_SECRET = re.compile(r"""(?i)^([^=\n]*(?:passw|secret|token|api_?key|private)[^=\n]*=\s*)\S.*$""", re.MULTILINE)
EDGE = "/etc/nginx/"
_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*:)[^@\s/]+(@)")


def keep(service: ServiceLayout, colour: str) -> None:
    """Remember the texts that `colour` starts with; for root's eyes."""
    replace(service.settings(colour), json.dumps(_texts(service), indent=1, sort_keys=True), mode=0o600)


def differences(service: ServiceLayout, colour: str) -> list[str]:
    """Lines of a unified diff from what `colour` was started with to what is there now; nothing when nobody kept it."""
    try:
        before: Mapping[str, str] = json.loads(service.settings(colour).read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError):
        return []
    after = _texts(service)
    if not any(path.startswith(EDGE) for path in before):
        # A first release comes before the edge is told of it: all of the edge's text would be news, and none of it is.
        after = {path: text for path, text in after.items() if not path.startswith(EDGE)}
    return [line for path in sorted({*before, *after}) for line in _compared(path, before.get(path), after.get(path))]


def _texts(service: ServiceLayout) -> dict[str, str]:
    root = service.layout.root
    return {
        f"/{path.relative_to(root)}": _told(path.read_bytes(), secret=service.credentials in path.parents)
        for path in (*files_of(service.configuration), *files_of(service.layout.edge))
    }


def _told(content: bytes, *, secret: bool) -> str:
    if secret:
        return f"encrypted {hashlib.sha256(content).hexdigest()[:12]}\n"
    text = content.decode(errors="replace")
    return _PASSWORD_IN_URL.sub(r"\1***\2", _SECRET.sub(_masked, text))


def _masked(found: re.Match[str]) -> str:
    """Two different secrets look different, and neither can be read."""
    return f"{found[1]}*** ({hashlib.sha256(found[0].encode()).hexdigest()[:6]})"


def _compared(path: str, before: str | None, after: str | None) -> Iterator[str]:
    if before == after:
        return
    lines = difflib.unified_diff(
        (before or "").splitlines(), (after or "").splitlines(), path if before is not None else "/dev/null",
        path if after is not None else "/dev/null", n=0, lineterm="",
    )  # fmt: skip
    yield from lines
