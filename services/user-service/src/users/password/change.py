"""Changing the password by whoever knows the present one."""

from sqlalchemy import select

from chassis.database.sessions import ReadSession, WriteSession
from chassis.problems import Unauthorized
from chassis.security.principal import Principal
from users.accounts.passwords import PasswordHashes
from users.accounts.table import Account
from users.password.errors import WrongPassword
from users.password.schemas import PasswordChange
from users.password.setting import COLUMNS, Owner, PasswordSetter
from users.sessions.guesses import GuessLimit


class PasswordChanges:
    """A session alone is not enough: it may have been left open, or stolen."""

    def __init__(self, *, hashes: PasswordHashes, guesses: GuessLimit, setter: PasswordSetter) -> None:
        self._hashes = hashes
        self._guesses = guesses
        self._setter = setter

    async def change(self, read: ReadSession, write: WriteSession, caller: Principal, request: PasswordChange) -> None:
        """Set the new password and end all other sessions. WrongPassword (401), TooManyLogins (429), InvalidInput."""
        row = (await read.execute(select(*COLUMNS).where(Account.id == caller.subject))).one_or_none()
        # Verifying waits for a thread; a connection held meanwhile would be one less for everybody else.
        await read.close()
        if row is None:
            raise Unauthorized("the account is gone")
        owner = Owner(*row)
        await self._guesses.hit(owner.email)
        if not await self._hashes.verify(owner.password_hash, request.current_password):
            raise WrongPassword
        password_hash = await self._setter.hash(owner, request.new_password)
        if not await self._setter.set(write, owner, password_hash, keep=[caller.session]):
            raise WrongPassword("it was changed a moment ago")
