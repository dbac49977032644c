"""What follows when an account gets another password, however that came about."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CursorResult, delete, update

from chassis.clock import Clock
from chassis.database.sessions import WriteSession, after_commit
from chassis.messaging import outbox
from chassis.problems import InvalidInput
from users.accounts import events
from users.accounts.password_policy import refuse_resembling
from users.accounts.passwords import PasswordHashes
from users.accounts.table import Account
from users.password.table import PasswordReset
from users.sessions.guesses import GuessLimit
from users.sessions.store import SessionStore

COLUMNS = (Account.id, Account.email, Account.name, Account.password_hash)


class Owner(NamedTuple):
    """The part of an account that a password is about, as it was read; selected as ``COLUMNS``."""

    id: UUID
    email: str
    name: str
    password_hash: str


class PasswordSetter:
    """Sets passwords; sessions end with the old one."""

    def __init__(self, *, hashes: PasswordHashes, sessions: SessionStore, guesses: GuessLimit, clock: Clock) -> None:
        self._hashes = hashes
        self._sessions = sessions
        self._guesses = guesses
        self._clock = clock

    async def hash(self, owner: Owner, new_password: str) -> str:
        """Return the hash of ``new_password``, or raise InvalidInput (422). Holds no database connection."""
        try:
            refuse_resembling(new_password, owner.email)
        except ValueError as error:
            raise InvalidInput("new_password", str(error)) from error
        return await self._hashes.hash(new_password)

    async def set(self, db: WriteSession, owner: Owner, password_hash: str, *, keep: Sequence[UUID] = ()) -> bool:
        """Store ``password_hash`` and end all sessions but ``keep``; False when the old one was replaced meanwhile."""
        unchanged = (Account.id == owner.id) & (Account.password_hash == owner.password_hash)
        # Not by the ORM: the account as others see it is the same as before, so its version does not move.
        done: CursorResult[Any] = await db.execute(  # type: ignore[assignment] # an UPDATE has a row count
            update(Account).where(unchanged).values(password_hash=password_hash, updated_at=Account.updated_at)
        )
        if done.rowcount != 1:
            return False
        await db.execute(delete(PasswordReset).where(PasswordReset.user_id == owner.id))
        await outbox.append(db, events.password_changed(owner.id, owner.email, owner.name, self._clock.now()))
        # Before the commit, so that nothing changes when the session store does not answer; and after it again,
        # because a login may have read the old password in between.
        await self._sessions.end_all(owner.id, keep=keep)
        after_commit(db, partial(self._sessions.end_all, owner.id, keep=keep))
        after_commit(db, partial(self._guesses.clear, owner.email))
        return True
