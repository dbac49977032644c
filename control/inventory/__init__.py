"""The inventory of one sandbox host: where it is, what is installed there, its secrets, and who vouches for it."""

from __future__ import annotations

from control.inventory.authority import ensure_authority
from control.inventory.writing import GROUPS, write

__all__ = ["GROUPS", "ensure_authority", "write"]
