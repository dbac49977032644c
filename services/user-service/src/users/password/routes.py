"""/api/auth/password and /api/auth/password-reset."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request

from chassis.database.sessions import Read, Write
from chassis.problems import problems
from chassis.security.guards import CurrentPrincipal
from users.password.change import PasswordChanges
from users.password.errors import ResetTokenInvalid, TooManyResets, WrongPassword
from users.password.reset import PasswordResets
from users.password.schemas import PasswordChange, ResetAccepted, ResetConfirmation, ResetRequest
from users.sessions.errors import TooManyLogins

router = APIRouter(prefix="/api/auth", tags=["auth"])


async def _changes(request: Request) -> PasswordChanges:
    changes: PasswordChanges = request.app.state.password_changes
    return changes


async def _resets(request: Request) -> PasswordResets:
    resets: PasswordResets = request.app.state.password_resets
    return resets


Changes = Annotated[PasswordChanges, Depends(_changes)]
Resets = Annotated[PasswordResets, Depends(_resets)]


@router.post("/password", status_code=204, responses=problems(WrongPassword, TooManyLogins))
async def change_password(
    body: PasswordChange, caller: CurrentPrincipal, read: Read, write: Write, changes: Changes
) -> None:
    """Change your password; all your other sessions end, and a mail tells you."""
    await changes.change(read, write, caller, body)


@router.post("/password-reset", status_code=202, response_model=ResetAccepted, responses=problems(TooManyResets))
async def request_password_reset(body: ResetRequest, resets: Resets, after: BackgroundTasks) -> ResetAccepted:
    """Have a link mailed that sets a new password. The answer is the same for every address."""
    await resets.admit(body.email)
    after.add_task(resets.send, body.email)
    return ResetAccepted()


@router.post("/password-reset/confirm", status_code=204, responses=problems(ResetTokenInvalid))
async def confirm_password_reset(body: ResetConfirmation, read: Read, write: Write, resets: Resets) -> None:
    """Set a new password with the token of the mail; all your sessions end."""
    await resets.confirm(read, write, body)
