"""How often the password of one account may be guessed, wherever it is asked for."""

import hashlib

from chassis.rate_limit import RateLimiter
from users.sessions.errors import TooManyLogins


class GuessLimit:
    """One allowance an address, whether or not it has an account."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def hit(self, email: str) -> None:
        """Count one guess; TooManyLogins (429) when there were enough."""
        allowance = await self._limiter.hit(address_key(email))
        if not allowance.allowed:
            raise TooManyLogins("wait before you try again", retry_after=allowance.retry_after)

    async def clear(self, email: str) -> None:
        """Forget the guesses: whoever came was the owner."""
        await self._limiter.clear(address_key(email))


def address_key(email: str) -> str:
    """What stands for an e-mail address where addresses are not to be read."""
    return hashlib.sha256(email.encode()).hexdigest()
