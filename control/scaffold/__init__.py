"""`./longhouse new`: a small service to start from. `create` writes it and its entry, or refuses and writes nothing."""

from __future__ import annotations

from control.scaffold.service import Created, create

__all__ = ["Created", "create"]
