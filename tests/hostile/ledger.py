"""Every answer to a hostile client is counted and judged: no error of ours, and nothing it did not ask for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

# How we are built, where we live, what went wrong inside. The list is of what our own parts would say.
LEAKS = re.compile(
    r"Traceback \(most recent|File \"/|site-packages|/opt/longhouse|/etc/longhouse|/run/longhouse|/var/lib/"
    r"|sqlalchemy|psycopg|pydantic_core|asyncpg|starlette|fastapi\.|gunicorn|uvicorn|SQLSTATE|syntax error at or near"
    r"|redis\.exceptions|root:x:0:|nginx/[0-9]|python/3|openresty|\$argon2id?\$|BEGIN [A-Z ]*PRIVATE KEY",
    re.IGNORECASE,
)
TELLTALE_HEADERS = re.compile(
    r"^(x-powered-by|x-longhouse-[a-z-]+|x-runtime|x-debug[a-z-]*|server:.*[0-9])", re.IGNORECASE | re.MULTILINE
)
# RFC 9112, 6.1 and RFC 9110, 15.6.6: a transfer coding or a version nobody speaks; refusals, not failures.
NOT_SPOKEN = (501, 505)


@dataclass
class Ledger:
    """How many cases there were, by kind."""

    cases: Counter[str] = field(default_factory=Counter)
    figures: list[str] = field(default_factory=list)

    def judge(self, kind: str, status: int, head: str, body: str, *, sent: str = "") -> None:
        """Count one answer; fails when it is a 5xx or tells what is nobody's business. `sent` may come back."""
        self.cases[kind] += 1
        assert status < 500 or status in NOT_SPOKEN, f"{kind}: {status}\n{head}\n{body[:2000]}"
        leak = LEAKS.search(body.replace(sent, "") if sent else body) or TELLTALE_HEADERS.search(head)
        assert leak is None, f"{kind}: {leak.group(0)!r} in\n{head}\n{body[:2000]}" if leak else ""

    def note(self, kind: str) -> None:
        """Count a case that has no answer of its own: a connection that was closed."""
        self.cases[kind] += 1

    def figure(self, line: str) -> None:
        """Something measured, to be shown and not judged."""
        self.figures.append(line)
