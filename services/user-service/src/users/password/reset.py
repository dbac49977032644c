"""Resetting a password by whoever reads the account's mail."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database.engines import Database
from chassis.database.sessions import ReadSession, WriteSession
from chassis.messaging import outbox
from chassis.observability.context import trace_context
from chassis.observability.logs import get_logger
from chassis.rate_limit import RateLimiter
from users.accounts import events
from users.accounts.table import Account
from users.password.errors import ResetTokenInvalid, TooManyResets
from users.password.reset_tokens import digest_of, new_token
from users.password.schemas import ResetConfirmation
from users.password.sealing import TokenSeal
from users.password.setting import COLUMNS, Owner, PasswordSetter
from users.password.table import PasswordReset
from users.sessions.guesses import address_key

LIFETIME = timedelta(minutes=30)
_log = get_logger(__name__)


class PasswordResets:
    """Makes one-time tokens and takes them back."""

    def __init__(
        self,
        *,
        database: Database,
        seal: TokenSeal,
        setter: PasswordSetter,
        by_account: RateLimiter,
        by_client: RateLimiter,
        clock: Clock,
    ) -> None:
        self._database = database
        self._seal = seal
        self._setter = setter
        self._by_account = by_account
        self._by_client = by_client
        self._clock = clock

    async def admit(self, email: str) -> None:
        """Count one request; TooManyResets (429) for this address, or for this client, whether or not it is known."""
        limits = [(self._by_account, address_key(email))]
        if trace_context.client:
            limits.append((self._by_client, trace_context.client))
        for limiter, key in limits:
            allowance = await limiter.hit(key)
            if not allowance.allowed:
                raise TooManyResets("wait before you ask again", retry_after=allowance.retry_after)

    async def send(self, email: str) -> None:
        """Make a token and have it mailed, if there is an account that may log in. For after the answer.

        No answer waits for this, so none tells by its time whether the address is known.
        """
        async with AsyncSession(self._database.write_engine) as db, db.begin():
            known = (Account.email == email) & Account.enabled
            # Locked, so that the account is not deleted between this and the event that names it.
            row = (await db.execute(select(*COLUMNS).where(known).with_for_update(read=True))).one_or_none()
            if row is None:
                return
            owner, now, token = Owner(*row), self._clock.now(), new_token()
            reset = {"token_digest": digest_of(token), "expires_at": now + LIFETIME}
            stored = insert(PasswordReset).values(user_id=owner.id, **reset)
            renewed = {**reset, "created_at": func.now()}
            await db.execute(stored.on_conflict_do_update(index_elements=["user_id"], set_=renewed))
            event = events.password_reset_requested(
                owner.id,
                owner.email,
                owner.name,
                now,
                sealed_token=self._seal.sealed(owner.id, token),
                expires_at=now + LIFETIME,
            )
            await outbox.append(db, event)
        _log.info("password reset requested", user_id=str(owner.id))

    async def confirm(self, read: ReadSession, write: WriteSession, request: ResetConfirmation) -> None:
        """Set the new password and end all sessions; ResetTokenInvalid (400) whatever is wrong with the token."""
        good = (PasswordReset.token_digest == digest_of(request.token)) & (PasswordReset.expires_at > self._clock.now())
        whose = select(*COLUMNS).join(PasswordReset, PasswordReset.user_id == Account.id)
        row = (await read.execute(whose.where(good & Account.enabled))).one_or_none()
        # Before hashing, which waits for a thread and is not for those without a token.
        await read.close()
        if row is None:
            raise ResetTokenInvalid("ask for a new one")
        owner = Owner(*row)
        password_hash = await self._setter.hash(owner, request.new_password)
        used = await write.execute(delete(PasswordReset).where(good).returning(PasswordReset.user_id))
        if used.one_or_none() is None or not await self._setter.set(write, owner, password_hash):
            raise ResetTokenInvalid("ask for a new one")
