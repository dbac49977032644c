"""The cache of users: races end with the newest, outages with the database."""

from uuid import uuid4

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from users.accounts.views import AccountViews, CachedView


@pytest.fixture
def views(app: FastAPI, client: object) -> AccountViews:
    return AccountViews(app.state.resources.cache, seconds=30)


async def test_a_slow_reader_does_not_bring_back_an_old_view(views: AccountViews) -> None:
    user = uuid4()
    await views.put(user, CachedView(2, '{"name": "new one"}'))
    await views.put(user, CachedView(1, '{"name": "old"}'))
    assert await views.get(user) == CachedView(2, '{"name": "new one"}')
    await views.put(user, CachedView(10, "{}"))
    assert await views.get(user) == CachedView(10, "{}")


async def test_a_deleted_user_does_not_come_back(views: AccountViews) -> None:
    user = uuid4()
    await views.bury(user)
    await views.put(user, CachedView(7, "{}"))
    view = await views.get(user)
    assert view is not None
    assert view.body == ""


async def test_entries_go_by_themselves(app: FastAPI, views: AccountViews) -> None:
    user = uuid4()
    await views.put(user, CachedView(1, "{}"))
    assert 0 < await app.state.resources.cache.ttl(f"user:view:{user}") <= 30


async def test_without_redis_there_is_no_view_and_no_error(unreachable_redis: Redis) -> None:
    for views in (AccountViews(unreachable_redis, seconds=30), AccountViews(None, seconds=30)):
        await views.put(uuid4(), CachedView(1, "{}"))
        assert await views.get(uuid4()) is None
