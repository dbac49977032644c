"""Logging in and staying logged in."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from chassis.database.sessions import ReadSession, WriteSession
from chassis.security.principal import Role
from users.accounts.passwords import PasswordHashes
from users.accounts.table import Account
from users.keys.signing import Signer
from users.sessions.errors import SessionOver, WrongCredentials
from users.sessions.guesses import GuessLimit
from users.sessions.refresh_tokens import RefreshToken
from users.sessions.schemas import Credentials, TokenPair
from users.sessions.store import Grant, SessionStore

_COLUMNS = (Account.id, Account.role, Account.enabled, Account.password_hash)


class Login:
    """Turns credentials and refresh tokens into pairs of tokens."""

    def __init__(self, *, hashes: PasswordHashes, sessions: SessionStore, signer: Signer, guesses: GuessLimit) -> None:
        self._hashes = hashes
        self._sessions = sessions
        self._signer = signer
        self._guesses = guesses

    async def log_in(
        self, read: ReadSession, write: WriteSession, credentials: Credentials, *, device: str, address: str
    ) -> TokenPair:
        """Start a session. WrongCredentials (401) and TooManyLogins (429) do not tell whether the account exists."""
        await self._guesses.hit(credentials.email)
        account = (await read.execute(select(*_COLUMNS).where(Account.email == credentials.email))).one_or_none()
        # Verifying waits for a thread; a connection held meanwhile would be one less for everybody else.
        await read.close()
        fits = await self._hashes.verify(account.password_hash if account else None, credentials.password)
        if account is None or not fits or not account.enabled:
            raise WrongCredentials
        if self._hashes.is_outdated(account.password_hash):
            await self._renew_hash(write, account.id, account.password_hash, credentials.password)
        grant = await self._sessions.start(account.id, device=device, address=address)
        # What ended all sessions while we verified did not see this one yet. Of a hash just renewed here or beside us
        # nobody can tell; such logins are once in a change of costs.
        if not self._hashes.is_outdated(account.password_hash) and await self._changed(read, account):
            await self._sessions.end(account.id, grant.session)
            raise WrongCredentials
        await self._guesses.clear(credentials.email)
        return self._answer(grant, account.role)

    async def refresh(self, read: ReadSession, refresh_token: str) -> TokenPair:
        """Exchange a refresh token; SessionOver (401) when it is not the current one."""
        token = RefreshToken.parse(refresh_token)
        user = await self._sessions.owner(token) if token else None
        if token is None or user is None:
            raise SessionOver
        # The row first: were the token exchanged and the database then silent, the client would hold an old token.
        account = (await read.execute(select(Account.role, Account.enabled).where(Account.id == user))).one_or_none()
        if account is None or not account.enabled:
            await self._sessions.end(user, token.session)
            raise SessionOver
        grant = await self._sessions.rotate(user, token)
        if grant is None:
            raise SessionOver
        return self._answer(grant, account.role)

    def _answer(self, grant: Grant, role: Role) -> TokenPair:
        access_token = self._signer.sign(
            subject=grant.user, session=grant.session, role=role, token_id=grant.token_id, issued_at=grant.issued_at
        )
        return TokenPair(access_token=access_token, refresh_token=grant.refresh_token, expires_in=self._signer.seconds)

    async def _changed(self, read: ReadSession, account: Row[*tuple[Any, ...]]) -> bool:
        now = (await read.execute(select(*_COLUMNS).where(Account.id == account.id))).one_or_none()
        return now is None or tuple(now) != tuple(account)

    async def _renew_hash(self, write: WriteSession, user: UUID, outdated: str, password: str) -> None:
        renewed = await self._hashes.hash(password)
        unchanged = (Account.id == user) & (Account.password_hash == outdated)
        # Not a change of the account that anybody else should hear of: neither its version nor its time moves.
        await write.execute(
            update(Account).where(unchanged).values(password_hash=renewed, updated_at=Account.updated_at)
        )
