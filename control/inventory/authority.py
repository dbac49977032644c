"""Asks role certificates for the authority of a sandbox host, so that there is one way of making one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from control import layout

_SOURCE = layout.REPOSITORY / "roles" / "certificates" / "module_utils" / "certificate_authority.py"


def ensure_authority(folder: Path, name: str) -> Path:
    """Path of the CA's certificate in `folder` (ca.pem, ca.key); made when it is not there yet."""
    spec = importlib.util.spec_from_file_location("certificate_authority", _SOURCE)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_SOURCE} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    certificate: Path = module.ensure_authority(folder, name)
    return certificate
