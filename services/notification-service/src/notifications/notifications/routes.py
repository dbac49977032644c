"""The API of notifications."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.convertors import Convertor, register_url_convertor

from chassis.database.sessions import Read, Write
from chassis.pagination import Page, PageParams
from chassis.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problems
from chassis.security.guards import AdminPrincipal, CurrentPrincipal
from notifications.notifications import repository, service
from notifications.notifications.schemas import NotificationView, SendRequest
from notifications.notifications.status import Channel, DeliveryStatus


class IdConvertor(Convertor[str]):
    """Any segment but ``send``, which is a resource of its own: GET on it is 405 and not a malformed id."""

    regex = "(?!send$)[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("notification_id", IdConvertor())
router = APIRouter(prefix="/api/notifications", tags=["notifications"])


class NotificationNotFound(NotFound):
    """There is none, or it is none of the caller's business."""

    title = "No such notification"


@router.get("", response_model=Page[NotificationView], responses=problems(Unauthorized, InvalidInput))
async def list_notifications(
    db: Read,
    caller: CurrentPrincipal,
    page: PageParams,
    status: Annotated[DeliveryStatus | None, Query(description="Only with a delivery in this state")] = None,
    channel: Annotated[Channel | None, Query(description="Only with a delivery over this channel")] = None,
) -> Page[NotificationView]:
    """What you were told, newest first; an admin sees what everybody was told."""
    items, next_cursor = await repository.read_page(db, caller, page, status=status, channel=channel)
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{notification_id:notification_id}",
    response_model=NotificationView,
    responses=problems(Unauthorized, NotificationNotFound),
)
async def read_notification(db: Read, caller: CurrentPrincipal, notification_id: UUID) -> NotificationView:
    """One notification with its deliveries; 404 for other people's."""
    found = await repository.read_one(db, caller, notification_id)
    if found is None:
        raise NotificationNotFound(f"there is no notification {notification_id}")
    return found


@router.post(
    "/send",
    status_code=202,
    response_model=NotificationView,
    responses={
        **problems(Unauthorized, Forbidden, InvalidInput),
        202: {"headers": {"Location": {"description": "Where to see what became of it", "schema": {"type": "string"}}}},
    },
)
async def send_notification(
    db: Write, caller: AdminPrincipal, body: SendRequest, response: Response
) -> NotificationView:
    """Accept a message for sending; it is on its way within about a second."""
    accepted = await service.accept(db, caller, body)
    response.headers["Location"] = f"/api/notifications/{accepted.id}"
    return accepted
