"""/api/users."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from chassis.database.sessions import Read, Write
from chassis.pagination import Page, PageParams
from chassis.problems import Forbidden, problems
from chassis.security.guards import AdminPrincipal, CurrentPrincipal
from users.accounts.entity_tags import entity_tag
from users.accounts.errors import AccountNotFound, AdminOnly, EmailTaken, VersionMissing, VersionStale
from users.accounts.schemas import AccountChange, UserView
from users.accounts.service import Accounts
from users.accounts.table import Account

router = APIRouter(prefix="/api/users", tags=["users"])
_TAGGED = {"headers": {"ETag": {"description": "Version of the user", "schema": {"type": "string"}}}}


async def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


AccountService = Annotated[Accounts, Depends(_accounts)]


@router.get("", response_model=Page[UserView], responses=problems(Forbidden))
async def list_users(caller: AdminPrincipal, page: PageParams, db: Read, accounts: AccountService) -> dict[str, object]:
    """All users, newest first; for admins."""
    items, cursor = await accounts.newest(db, page)
    return {"items": items, "next_cursor": cursor}


@router.get("/{user_id}", response_model=UserView, responses={200: _TAGGED, **problems(AccountNotFound)})
async def read_user(user_id: UUID, caller: CurrentPrincipal, db: Read, accounts: AccountService) -> Response:
    """One user: yourself, or anybody for an admin."""
    view = await accounts.read(db, caller, user_id)
    return Response(view.body, media_type="application/json", headers={"ETag": entity_tag(view.version)})


@router.put(
    "/{user_id}",
    response_model=UserView,
    responses={200: _TAGGED, **problems(AdminOnly, AccountNotFound, EmailTaken, VersionStale, VersionMissing)},
)
async def change_user(
    *,
    user_id: UUID,
    change: AccountChange,
    caller: CurrentPrincipal,
    db: Write,
    accounts: AccountService,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=1000, description="ETag of the user you have read")] = None,
) -> Account:
    """Replace what can be changed. `role` and `enabled` are for admins."""
    account = await accounts.change(db, caller, user_id, change, if_match=if_match)
    response.headers["ETag"] = entity_tag(account.version)
    return account


@router.delete("/{user_id}", status_code=204, responses=problems(AccountNotFound))
async def delete_user(user_id: UUID, caller: CurrentPrincipal, db: Write, accounts: AccountService) -> None:
    """Delete a user; all its sessions end."""
    await accounts.delete(db, caller, user_id)
