"""The facts about accounts that other services hear."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from chassis.messaging.envelope import Event
from contracts.user_events import (
    USER_DELETED,
    USER_PASSWORD_CHANGED,
    USER_PASSWORD_RESET_REQUESTED,
    USER_REGISTERED,
    USER_UPDATED,
    UserDeletedV1,
    UserPasswordChangedV1,
    UserPasswordResetRequestedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)
from users.accounts.table import Account

_SERVICE = "user"


def _event(type_: str, data: BaseModel, account: Account, now: datetime, version: int) -> Event:
    return Event.of(type_, data, service=_SERVICE, subject=account.id, now=now, version=version)


def registered(account: Account, now: datetime) -> Event:
    data = UserRegisteredV1(user_id=account.id, email=account.email, name=account.name)
    return _event(USER_REGISTERED, data, account, now, account.version)


def updated(account: Account, now: datetime) -> Event:
    data = UserUpdatedV1(
        user_id=account.id,
        email=account.email,
        name=account.name,
        role=account.role,
        enabled=account.enabled,
        version=account.version,
    )
    return _event(USER_UPDATED, data, account, now, account.version)


def deleted(account: Account, now: datetime) -> Event:
    # One more than the last version: it is the last fact about this account, and must not look stale.
    return _event(USER_DELETED, UserDeletedV1(user_id=account.id), account, now, account.version + 1)


def password_changed(user: UUID, email: str, name: str, now: datetime) -> Event:
    # No version: the account as others know it did not change.
    data = UserPasswordChangedV1(user_id=user, email=email, name=name, changed_at=now)
    return Event.of(USER_PASSWORD_CHANGED, data, service=_SERVICE, subject=user, now=now)


def password_reset_requested(
    user: UUID, email: str, name: str, now: datetime, *, sealed_token: str, expires_at: datetime
) -> Event:
    data = UserPasswordResetRequestedV1(
        user_id=user, email=email, name=name, sealed_token=sealed_token, expires_at=expires_at
    )
    return Event.of(USER_PASSWORD_RESET_REQUESTED, data, service=_SERVICE, subject=user, now=now)
