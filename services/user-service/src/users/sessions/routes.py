"""/api/auth."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.database.sessions import Read, Write
from chassis.observability.context import trace_context
from chassis.pagination import Page
from chassis.problems import problems
from chassis.security.guards import CurrentPrincipal
from users.accounts.entity_tags import entity_tag
from users.accounts.errors import EmailTaken
from users.accounts.routes import AccountService
from users.accounts.schemas import Registration, UserView
from users.accounts.table import Account
from users.sessions.errors import SessionNotFound, SessionOver, TooManyLogins, WrongCredentials
from users.sessions.login import Login
from users.sessions.schemas import Credentials, RefreshRequest, SessionView, TokenPair
from users.sessions.store import SessionStore

router = APIRouter(prefix="/api/auth", tags=["auth"])


async def _login(request: Request) -> Login:
    login: Login = request.app.state.login
    return login


async def _sessions(request: Request) -> SessionStore:
    sessions: SessionStore = request.app.state.sessions
    return sessions


LoginService = Annotated[Login, Depends(_login)]
Sessions = Annotated[SessionStore, Depends(_sessions)]


def _printable(value: str, longest: int) -> str:
    return "".join(character for character in value if character.isprintable())[:longest]


@router.post("/register", status_code=201, response_model=UserView, responses=problems(EmailTaken))
async def register(body: Registration, db: Write, accounts: AccountService, response: Response) -> Account:
    """Create an account."""
    account = await accounts.register(db, body)
    response.headers["Location"] = f"/api/users/{account.id}"
    response.headers["ETag"] = entity_tag(account.version)
    return account


@router.post("/login", response_model=TokenPair, responses=problems(WrongCredentials, TooManyLogins))
async def log_in(
    *, body: Credentials, request: Request, response: Response, read: Read, write: Write, login: LoginService
) -> TokenPair:
    """Start a session."""
    address = _printable(trace_context.client, 45)
    device = _printable(request.headers.get("user-agent", ""), 200)
    response.headers["Cache-Control"] = "no-store"
    return await login.log_in(read, write, body, device=device, address=address)


@router.post("/refresh", response_model=TokenPair, responses=problems(SessionOver))
async def refresh(body: RefreshRequest, response: Response, read: Read, login: LoginService) -> TokenPair:
    """Exchange the refresh token; using an old one again ends the session."""
    response.headers["Cache-Control"] = "no-store"
    return await login.refresh(read, body.refresh_token)


@router.post("/logout", status_code=204)
async def log_out(caller: CurrentPrincipal, sessions: Sessions) -> None:
    """End this session at once."""
    await sessions.end(caller.subject, caller.session)


@router.get("/sessions", response_model=Page[SessionView])
async def list_sessions(caller: CurrentPrincipal, sessions: Sessions) -> dict[str, object]:
    """Where you are logged in, last used first."""
    records = await sessions.owned_by(caller.subject)
    items = [SessionView(**vars(record), current=record.id == caller.session) for record in records]
    return {"items": items, "next_cursor": None}


@router.delete("/sessions/{session_id}", status_code=204, responses=problems(SessionNotFound))
async def end_session(session_id: UUID, caller: CurrentPrincipal, sessions: Sessions) -> None:
    """End one of your sessions at once."""
    if not await sessions.end(caller.subject, session_id):
        raise SessionNotFound
