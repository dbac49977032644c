"""Which methods a path has, over all of its routes.

The framework's own 405 names only the methods of the first route that matched: ``PUT`` beside ``GET`` is missing
from ``Allow``, where RFC 9110 (10.2.1) wants them all.
"""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute


class AllowedMethods:
    """The methods of every path of ``routers``."""

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self._methods: dict[re.Pattern[str], set[str]] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path_regex, set()).update(route.methods or ())

    def of(self, path: str) -> str:
        """Return the value of ``Allow`` for ``path``; empty when no route has it."""
        found: set[str] = set()
        for pattern, methods in self._methods.items():
            if pattern.match(path):
                found |= methods
        return ", ".join(sorted(found))
