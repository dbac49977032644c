"""The adapter: asks user-service in the caller's own name."""

from math import ceil

from pydantic import ValidationError

from chassis.observability.logs import get_logger
from chassis.security.principal import Principal
from chassis.upstream.client import Answer, UpstreamClient, UpstreamUnavailable
from contracts.user_api import UserView
from orders.customers.cache import CustomerCache
from orders.orders.errors import CustomerRefused, CustomerUnknown
from orders.orders.order import Customer

# Our own guard accepted the token a moment ago: a 401 means that the account or session ended since.
_GONE = frozenset({401, 403, 404, 410})

log = get_logger(__name__)


class UserService:
    """`CustomerDirectory` over HTTP, with a short memory."""

    def __init__(self, client: UpstreamClient, cache: CustomerCache) -> None:
        self._client = client
        self._cache = cache

    async def check(self, caller: Principal) -> Customer:
        known = await self._cache.get(caller.subject)
        if known is not None:
            return known
        try:
            answer = await self._client.get(f"/api/users/{caller.subject}", token=caller.token)
        except UpstreamUnavailable as error:
            log.warning("user service does not answer", error=str(error))
            raise CustomerUnknown(
                "your account cannot be checked right now, nothing was ordered", retry_after=ceil(error.retry_after)
            ) from error
        customer = _customer(answer)
        await self._cache.put(customer)
        return customer


def _customer(answer: Answer) -> Customer:
    if answer.status in _GONE:
        raise CustomerRefused("this account is gone or disabled")
    try:
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        user = UserView.model_validate(answer.body)
    except (ValidationError, ValueError) as error:
        log.error("user service answered something else", status=answer.status, error=type(error).__name__)
        raise CustomerUnknown("your account cannot be checked right now, nothing was ordered") from error
    if not user.enabled:
        raise CustomerRefused("this account is gone or disabled")
    return Customer(user.id, user.email, user.name)
