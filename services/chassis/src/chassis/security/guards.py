"""Route dependencies: who may pass."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.problems import Forbidden, Unauthorized
from chassis.security.principal import Principal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="AccessToken")


async def current_principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """Return the caller; 401 without a valid token or after the session ended, 503 when that cannot be known."""
    if credentials is None:
        raise Unauthorized("send the access token as Authorization: Bearer …")
    principal: Principal = request.app.state.verifier.verify(credentials.credentials)
    if await request.app.state.ended_sessions.contains(principal.session):
        raise Unauthorized("the session was ended", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


async def admin_principal(principal: CurrentPrincipal) -> Principal:
    """Return the caller when it is an admin; 403 otherwise."""
    if not principal.is_admin:
        raise Forbidden("only an admin may do this")
    return principal


AdminPrincipal = Annotated[Principal, Depends(admin_principal)]
