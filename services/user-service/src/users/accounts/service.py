"""What can be done with accounts. Callers pass the transaction; facts go to the outbox within it."""

from functools import partial
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import inspect, select

from chassis.clock import Clock
from chassis.database.conflicts import translate
from chassis.database.sessions import ReadSession, WriteSession, after_commit, count_after_commit
from chassis.messaging import outbox
from chassis.observability.audit import put_on_record
from chassis.pagination import PageRequest, fetch_page
from chassis.security.principal import Principal
from users.accounts import events
from users.accounts.entity_tags import require_match
from users.accounts.errors import AccountNotFound, AdminOnly, EmailTaken
from users.accounts.passwords import PasswordHashes
from users.accounts.schemas import AccountChange, Registration, UserView
from users.accounts.table import Account
from users.accounts.views import AccountViews, CachedView
from users.sessions.store import SessionStore

_registrations = Counter("longhouse_registrations_total", "Accounts made")
# The journal outlives an account that is deleted: names and addresses are not for it.
_PUBLIC = {"role", "enabled"}
_CONFLICTS = {"uq_users_email": partial(EmailTaken, "somebody has registered with this e-mail address")}


def _view(account: Account) -> CachedView:
    return CachedView(account.version, UserView.model_validate(account).model_dump_json())


def _changes(account: Account) -> dict[str, str]:
    """What was set, old to new; of what is personal only that it was."""
    changed = {name: inspect(account).attrs[name].history for name in ("email", "name", "role", "enabled")}
    return {
        name: "->".join(map(str, (*history.deleted, *history.added))) if name in _PUBLIC else "changed"
        for name, history in changed.items()
        if history.has_changes()
    }


class Accounts:
    """Registers, reads, changes and deletes accounts."""

    def __init__(self, *, hashes: PasswordHashes, sessions: SessionStore, views: AccountViews, clock: Clock) -> None:
        self._hashes = hashes
        self._sessions = sessions
        self._views = views
        self._clock = clock

    async def register(self, db: WriteSession, request: Registration) -> Account:
        """Create an account; EmailTaken (409) when the address is in use."""
        # Before the first statement: hashing must not hold a database connection.
        password_hash = await self._hashes.hash(request.password)
        account = Account(
            email=request.email, name=request.name, role="user", enabled=True, password_hash=password_hash
        )
        db.add(account)
        with translate(_CONFLICTS):
            await db.flush()
        await outbox.append(db, events.registered(account, self._clock.now()))
        count_after_commit(db, _registrations)
        return account

    async def read(self, db: ReadSession, caller: Principal, user: UUID) -> CachedView:
        """Return the view of ``user``, from the cache when it is there; AccountNotFound for other people's."""
        if not caller.may_see(user):
            raise AccountNotFound
        view = await self._views.get(user)
        if view is None:
            account = await db.get(Account, user)
            if account is None:
                raise AccountNotFound
            view = _view(account)
            await self._views.put(user, view)
        if not view.body:
            raise AccountNotFound
        return view

    async def newest(self, db: ReadSession, page: PageRequest) -> tuple[list[Account], str | None]:
        """Return one page of all accounts, newest first."""
        rows, cursor = await fetch_page(db, select(Account), page, created_at=Account.created_at, id=Account.id)
        return [row[0] for row in rows], cursor

    async def change(
        self, db: WriteSession, caller: Principal, user: UUID, request: AccountChange, *, if_match: str | None
    ) -> Account:
        """Apply ``request``. Losing rights ends all sessions, so that no token outlives the right it carries."""
        account = await self._locked(db, caller, user)
        require_match(if_match, account.version)
        role = account.role if request.role is None else request.role
        enabled = account.enabled if request.enabled is None else request.enabled
        rights_change = (role, enabled) != (account.role, account.enabled)
        if rights_change and not caller.is_admin:
            raise AdminOnly("role and enabled are set by an admin")
        account.email, account.name, account.role, account.enabled = request.email, request.name, role, enabled
        if not db.is_modified(account):
            return account
        changes = _changes(account)
        with translate(_CONFLICTS):
            await db.flush()
        await outbox.append(db, events.updated(account, self._clock.now()))
        if caller.subject != user or rights_change:
            await put_on_record(caller, "user.change", f"user/{user}", **changes)
        if rights_change:
            await self._end_sessions(db, user)
        after_commit(db, partial(self._views.put, user, _view(account)))
        return account

    async def delete(self, db: WriteSession, caller: Principal, user: UUID) -> None:
        """Delete the account and end its sessions."""
        account = await self._locked(db, caller, user)
        await db.delete(account)
        await db.flush()
        await outbox.append(db, events.deleted(account, self._clock.now()))
        if caller.subject != user:
            await put_on_record(caller, "user.delete", f"user/{user}")
        await self._end_sessions(db, user)
        after_commit(db, partial(self._views.bury, user))

    async def _locked(self, db: WriteSession, caller: Principal, user: UUID) -> Account:
        account = await db.get(Account, user, with_for_update=True) if caller.may_see(user) else None
        if account is None:
            raise AccountNotFound
        return account

    async def _end_sessions(self, db: WriteSession, user: UUID) -> None:
        # Before the commit, so that nothing changes when the session store does not answer; and after it again,
        # because a login may have read the old row in between.
        await self._sessions.end_all(user)
        after_commit(db, partial(self._sessions.end_all, user))
