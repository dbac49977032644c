"""``user-ensure-admin --email E``: there is an admin who can log in. Running it again changes nothing.

The password comes from the credential ``admin_password``; when that was rotated, the account's password follows.
"""

import argparse
import asyncio
import sys

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database.sessions import WriteSession
from chassis.messaging import outbox
from chassis.observability.audit import put_on_record
from chassis.observability.logs import configure_logging
from chassis.resources import NotConfiguredError, open_resources
from chassis.settings import load_settings
from users.accounts import events
from users.accounts.email import EmailAddress
from users.accounts.password_policy import normalise
from users.accounts.passwords import PasswordHashes
from users.accounts.table import Account
from users.application import open_sessions
from users.settings import UserSettings

_ACTOR = "user-ensure-admin"


async def _apply(
    db: WriteSession, hashes: PasswordHashes, clock: Clock, email: str, password: str
) -> tuple[Account, str]:
    account = (await db.execute(select(Account).where(Account.email == email).with_for_update())).scalar_one_or_none()
    if account is None:
        account = Account(email=email, name="Administrator", role="admin", password_hash=await hashes.hash(password))
        db.add(account)
        await db.flush()
        await outbox.append(db, events.registered(account, clock.now()))
        await put_on_record(_ACTOR, "user.create", f"user/{account.id}", role="admin")
        return account, "created"
    if not await hashes.verify(account.password_hash, password):
        account.password_hash = await hashes.hash(password)
    account.role, account.enabled = "admin", True
    if not db.is_modified(account):
        return account, "unchanged"
    await db.flush()
    await outbox.append(db, events.updated(account, clock.now()))
    await put_on_record(_ACTOR, "user.change", f"user/{account.id}", role="admin", enabled=True)
    return account, "changed"


async def ensure_admin(settings: UserSettings, email: str) -> str:
    """Make ``email`` an enabled admin with the configured password; return created, changed or unchanged."""
    if settings.admin_password is None:
        raise NotConfiguredError("the credential admin_password is missing")
    password = normalise(settings.admin_password.get_secret_value())
    hashes = PasswordHashes(threads=1, queue=1)
    try:
        async with open_resources(settings) as resources:
            if resources.database is None:
                raise NotConfiguredError("DATABASE_URL is not set")
            async with (
                AsyncSession(resources.database.write_engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                account, outcome = await _apply(WriteSession(session), hashes, resources.clock, email, password)
                if outcome == "changed":
                    # Whoever knew the old password, or held fewer rights, logs in again.
                    await open_sessions(settings, resources).end_all(account.id)
    finally:
        hashes.close()
    return outcome


def main() -> None:
    settings = load_settings(UserSettings)
    configure_logging(settings)
    parser = argparse.ArgumentParser(prog="user-ensure-admin", description="Make sure that an admin can log in.")
    parser.add_argument("--email", default=settings.admin_email)
    given = parser.parse_args().email
    try:
        email = TypeAdapter(EmailAddress).validate_python(given)
    except ValidationError as error:
        parser.error(f"--email {given}: {error.errors()[0]['msg']}")
    outcome = asyncio.run(ensure_admin(settings, email))
    sys.stdout.write(f"{outcome}: {email}\n")


if __name__ == "__main__":
    main()
