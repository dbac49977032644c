"""Sessions in Redis: who is logged in where, and which refresh token is the current one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from chassis.clock import Clock
from chassis.identifiers import uuid7
from chassis.observability.logs import get_logger
from chassis.security.revocation import MARGIN_SECONDS, ended_key
from users.sessions.refresh_tokens import RefreshToken, new_seal_key
from users.sessions.rotation import ROTATE

_log = get_logger(__name__)
_INDEX = "user:sessions:"


@dataclass(frozen=True)
class Grant:
    """What an answer to a login or a refresh is made from."""

    user: UUID
    session: UUID
    refresh_token: str
    token_id: UUID
    issued_at: datetime


@dataclass(frozen=True)
class SessionRecord:
    """One session as its owner sees it."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    device: str
    address: str


def _key(session: UUID) -> str:
    return f"user:session:{session}"


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


class SessionStore:
    """``lifetime_seconds`` without a refresh end a session; ``access_seconds`` is how long ended marks must be kept."""

    def __init__(
        self,
        redis: Redis,
        *,
        clock: Clock,
        lifetime_seconds: int,
        grace_seconds: int,
        access_seconds: int,
        per_account: int,
    ) -> None:
        self.redis = redis
        self._clock = clock
        self._lifetime = lifetime_seconds
        self._grace = grace_seconds
        self._mark_seconds = access_seconds + MARGIN_SECONDS
        self._per_account = per_account
        self._rotate = redis.register_script(ROTATE)

    async def start(self, user: UUID, *, device: str, address: str) -> Grant:
        """Begin a session; the account's oldest ones end beyond its limit."""
        session, token_id, now = uuid7(), uuid7(), int(self._clock.now().timestamp())
        seal_key = new_seal_key()
        token = RefreshToken.issue(session, seal_key)
        fields: dict[Any, Any] = {
            "user": str(user),
            "seal": seal_key,
            "current": token.digest,
            "token_id": str(token_id),
            "created_at": now,
            "rotated_at": now,
            "device": device,
            "address": address,
        }
        index = f"{_INDEX}{user}"
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(session), mapping=fields)
            pipe.expire(_key(session), self._lifetime)
            pipe.zremrangebyscore(index, "-inf", now - self._lifetime)
            pipe.zadd(index, {str(session): now})
            pipe.expire(index, self._lifetime)
            pipe.zrange(index, 0, -(self._per_account + 1))
            surplus = (await pipe.execute())[-1]
        for oldest in surplus:
            await self.end(user, UUID(oldest))
        return Grant(user, session, token.text, token_id, _time(str(now)))

    async def owner(self, token: RefreshToken) -> UUID | None:
        """Return whose session ``token`` belongs to, or None when we did not issue it or the session is over."""
        row: list[Any] = await self.redis.hmget(_key(token.session), ["user", "seal"])
        user, seal_key = row
        if user is None or seal_key is None or not token.is_ours(seal_key):
            return None
        return UUID(user)

    async def rotate(self, user: UUID, token: RefreshToken) -> Grant | None:
        """Exchange ``token``. An older one than allowed ends the session; None says that there is none any more."""
        seal_key: Any = await self.redis.hget(_key(token.session), "seal")
        if seal_key is None:
            return None
        successor = RefreshToken.issue(token.session, seal_key)
        reply: Any = await self._rotate(
            keys=[_key(token.session), ended_key(token.session)],
            args=[
                token.digest,
                successor.digest,
                token.wrap(successor.secret),
                str(uuid7()),
                int(self._clock.now().timestamp()),
                self._grace,
                self._lifetime,
                self._mark_seconds,
                _INDEX,
                str(token.session),
            ],
        )
        outcome, *answer = reply
        if outcome == "reused":
            _log.warning("refresh token reused, session ended", user_id=str(user), session_id=str(token.session))
        if outcome not in {"rotated", "repeated"}:
            return None
        wrapped, token_id, rotated_at = answer
        current = RefreshToken.sealed(token.session, token.unwrap(wrapped), seal_key)
        return Grant(user, token.session, current.text, UUID(token_id), _time(rotated_at))

    async def owned_by(self, user: UUID) -> list[SessionRecord]:
        """Return the live sessions of ``user``, last used first."""
        ids: Any = await self.redis.zrevrange(f"{_INDEX}{user}", 0, -1)
        async with self.redis.pipeline(transaction=False) as pipe:
            for session in ids:
                pipe.hmget(f"user:session:{session}", ["created_at", "rotated_at", "device", "address"])
            rows = await pipe.execute()
        return [
            SessionRecord(UUID(session), _time(row[0]), _time(row[1]), row[2] or "", row[3] or "")
            for session, row in zip(ids, rows, strict=True)
            if row[0] is not None
        ]

    async def end(self, user: UUID, session: UUID) -> bool:
        """End a session of ``user`` at once, its access tokens included; False when ``user`` has no such session."""
        if await self.redis.zscore(f"{_INDEX}{user}", str(session)) is None:
            return False
        await self._end(user, [str(session)])
        return True

    async def end_all(self, user: UUID, *, keep: Sequence[UUID] = ()) -> None:
        """End every session of ``user`` at once, but those to ``keep``."""
        ids: Any = await self.redis.zrange(f"{_INDEX}{user}", 0, -1)
        kept = {str(session) for session in keep}
        ending = [session for session in ids if session not in kept]
        if ending:
            await self._end(user, ending)

    async def _end(self, user: UUID, sessions: list[str]) -> None:
        async with self.redis.pipeline(transaction=True) as pipe:
            for session in sessions:
                pipe.set(ended_key(UUID(session)), "ended", ex=self._mark_seconds)
                pipe.delete(f"user:session:{session}")
                pipe.zrem(f"{_INDEX}{user}", session)
            await pipe.execute()
