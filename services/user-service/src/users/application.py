"""How user-service is put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis.app import create_app
from chassis.messaging.outbox import outbox_depth
from chassis.rate_limit import RateLimiter
from chassis.resources import NotConfiguredError, Resources
from users.accounts import routes as account_routes
from users.accounts.passwords import PasswordHashes
from users.accounts.service import Accounts
from users.accounts.views import AccountViews
from users.keys import routes as key_routes
from users.keys.signing import Signer
from users.password import routes as password_routes
from users.password.change import PasswordChanges
from users.password.reset import PasswordResets
from users.password.sealing import TokenSeal
from users.password.setting import PasswordSetter
from users.sessions import routes as session_routes
from users.sessions.guesses import GuessLimit
from users.sessions.login import Login
from users.sessions.store import SessionStore
from users.settings import UserSettings


def open_sessions(settings: UserSettings, resources: Resources) -> SessionStore:
    """Return the store of sessions in the Redis instance ``state``."""
    if resources.state is None:
        raise NotConfiguredError("REDIS_STATE_URL is not set")
    return SessionStore(
        resources.state,
        clock=resources.clock,
        lifetime_seconds=settings.session_days * 86_400,
        grace_seconds=settings.refresh_grace_seconds,
        access_seconds=settings.access_token_seconds,
        per_account=settings.sessions_per_account,
    )


def open_resets(settings: UserSettings, resources: Resources, setter: PasswordSetter) -> PasswordResets:
    """Return the way back in for who forgot the password."""
    if resources.database is None or resources.state is None:
        raise NotConfiguredError("DATABASE_URL or REDIS_STATE_URL is not set")
    return PasswordResets(
        database=resources.database,
        seal=TokenSeal(settings.jwks_file),
        setter=setter,
        by_account=RateLimiter(resources.state, settings.reset_rate, prefix="user:limits:reset"),
        by_client=RateLimiter(resources.state, settings.reset_client_rate, prefix="user:limits:reset-client"),
        clock=resources.clock,
    )


def build_application(settings: UserSettings) -> FastAPI:
    """Build the web application; what needs connections is made when it starts."""
    signer = Signer(
        settings.signing_key.get_secret_value(),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        seconds=settings.access_token_seconds,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources: Resources = app.state.resources
        sessions = open_sessions(settings, resources)
        hashes = PasswordHashes(threads=settings.password_threads, queue=settings.password_queue)
        views = AccountViews(resources.cache, seconds=settings.view_cache_seconds)
        app.state.sessions = sessions
        app.state.accounts = Accounts(hashes=hashes, sessions=sessions, views=views, clock=resources.clock)
        guesses = GuessLimit(RateLimiter(sessions.redis, settings.login_rate, prefix="user:limits"))
        setter = PasswordSetter(hashes=hashes, sessions=sessions, guesses=guesses, clock=resources.clock)
        app.state.login = Login(hashes=hashes, sessions=sessions, signer=signer, guesses=guesses)
        app.state.password_changes = PasswordChanges(hashes=hashes, guesses=guesses, setter=setter)
        app.state.password_resets = open_resets(settings, resources, setter)
        try:
            yield
        finally:
            hashes.close()

    app = create_app(
        title="Longhouse user service",
        settings=settings,
        routers=[session_routes.router, password_routes.router, account_routes.router, key_routes.router],
        lifespan=lifespan,
        samples=[outbox_depth],
    )
    app.state.signer = signer
    return app
