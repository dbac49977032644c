"""A crowd of clients that broke off must not look like one that had no failures."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.crowd import Crowd


class Waiting(Crowd):
    stopped = False

    async def _all(self) -> None:
        await asyncio.to_thread(self._over.wait)
        self.stopped = True


class Broken(Crowd):
    async def _all(self) -> None:
        raise LookupError("no such host")


def test_it_goes_on_until_the_block_ends() -> None:
    with Waiting() as crowd:
        assert not crowd.stopped
    assert crowd.stopped


def test_one_that_broke_off_fails_the_block() -> None:
    with pytest.raises(LookupError, match="no such host"), Broken():
        pass


def test_it_does_not_hide_what_failed_in_the_block() -> None:
    with pytest.raises(ValueError, match="the block"), Broken():
        raise ValueError("the block")
