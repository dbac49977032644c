"""The public keys, for everybody who verifies our tokens."""

import asyncio
import json
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from users.keys.signing import Signer

router = APIRouter(tags=["keys"])


class PublicKey(BaseModel):
    """An Ed25519 public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    use: Literal["sig"]
    alg: Literal["EdDSA"]
    kid: str
    x: str


class PublicKeys(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[PublicKey]


def _published(file: Path) -> list[dict[str, Any]]:
    try:
        keys = json.loads(file.read_text())["keys"]
    except (OSError, ValueError, KeyError):
        return []
    return [key for key in keys if key.get("crv") == "Ed25519"]


@router.get("/.well-known/jwks.json", response_model=PublicKeys)
async def list_public_keys(request: Request, response: Response) -> dict[str, Any]:
    """The key we sign with, and those of the host's file: the next one and the previous one during a rotation."""
    signer: Signer = request.app.state.signer
    published = await asyncio.to_thread(_published, request.app.state.settings.jwks_file)
    others = [{**signer.jwk, **key} for key in published if key.get("x") != signer.jwk["x"] and key.get("kid")]
    response.headers["Cache-Control"] = "public, max-age=300"
    return {"keys": [signer.jwk, *others]}
