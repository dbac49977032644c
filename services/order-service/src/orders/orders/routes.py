"""/api/orders."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from chassis import idempotency
from chassis.database.sessions import Read, Write
from chassis.idempotency import IdempotencyKey, KeyMissing, KeyReused, RequestInFlight, StoredAnswer
from chassis.pagination import Page, PageParams
from chassis.problems import problems
from chassis.security.guards import AdminPrincipal, CurrentPrincipal
from orders.customers.directory import CustomerDirectory
from orders.orders import repository
from orders.orders.desk import OrderDesk
from orders.orders.entity_tags import entity_tag
from orders.orders.errors import CustomerRefused, CustomerUnknown, MoveRefused, OrderChanged, OrderNotFound
from orders.orders.lifecycle import Status
from orders.orders.order import Order
from orders.orders.schemas import MoveOrder, OrderView, PlaceOrder

router = APIRouter(prefix="/api/orders", tags=["orders"])

_TAG = {"ETag": {"description": "Version of the order", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Where the order is", "schema": {"type": "string"}}}
_REPLAYED = {"Idempotency-Replayed": {"description": "This is an earlier answer", "schema": {"type": "string"}}}
_PLACED: dict[int | str, dict[str, Any]] = {201: {"headers": {**_TAG, **_LOCATION, **_REPLAYED}}}
_TAGGED: dict[int | str, dict[str, Any]] = {200: {"headers": _TAG}}


async def _customers(request: Request) -> CustomerDirectory:
    customers: CustomerDirectory = request.app.state.customers
    return customers


async def _desk(request: Request) -> OrderDesk:
    desk: OrderDesk = request.app.state.desk
    return desk


Customers = Annotated[CustomerDirectory, Depends(_customers)]
Desk = Annotated[OrderDesk, Depends(_desk)]
IfMatch = Annotated[str | None, Header(max_length=1000, description="ETag of the order you have read; optional")]


@router.post(
    "",
    status_code=201,
    response_model=OrderView,
    responses={
        **_PLACED,
        **problems(KeyMissing, CustomerRefused, RequestInFlight, KeyReused, CustomerUnknown),
    },
    openapi_extra=idempotency.OPENAPI,
)
async def place_order(
    *, request: PlaceOrder, caller: CurrentPrincipal, key: IdempotencyKey, db: Write, customers: Customers, desk: Desk
) -> Response:
    """Place an order. Sent again with the same `Idempotency-Key`, it answers the same and places nothing."""
    stored = await key.answered(request)
    if stored is None:
        # Before the first statement: no database connection is held while another service is asked.
        customer = await customers.check(caller)
        stored = await key.claim(db, request)
        if stored is None:
            order = await desk.place(db, customer, request)
            answer = _placed(order)
            await key.save(db, request, answer)
            return answer.response(replayed=False)
    return stored.response(replayed=True)


@router.get("", response_model=Page[OrderView])
async def list_orders(
    caller: CurrentPrincipal,
    page: PageParams,
    db: Read,
    status: Annotated[Status | None, Query(description="Only orders in this status")] = None,
) -> Page[OrderView]:
    """Your orders, newest first; everybody's for an admin."""
    found, cursor = await repository.newest(db, caller, page, status)
    return Page(items=[OrderView.of(order) for order in found], next_cursor=cursor)


@router.get("/{order_id}", response_model=OrderView, responses={**_TAGGED, **problems(OrderNotFound)})
async def read_order(order_id: UUID, caller: CurrentPrincipal, db: Read, response: Response) -> OrderView:
    """One order: your own, or any for an admin."""
    order = await repository.find(db, caller, order_id)
    if order is None:
        raise OrderNotFound("there is no such order")
    return _view(order, response)


@router.put(
    "/{order_id}/status",
    response_model=OrderView,
    responses={**_TAGGED, **problems(CustomerRefused, OrderNotFound, MoveRefused, OrderChanged)},
)
async def move_order(
    *,
    order_id: UUID,
    request: MoveOrder,
    caller: AdminPrincipal,
    db: Write,
    desk: Desk,
    response: Response,
    if_match: IfMatch = None,
) -> OrderView:
    """Move an order on. A move its status does not allow is refused with the list of those it does."""
    return _view(await desk.move(db, caller, order_id, request.status, if_match=if_match), response)


@router.delete(
    "/{order_id}",
    response_model=OrderView,
    responses={**_TAGGED, **problems(OrderNotFound, MoveRefused, OrderChanged)},
)
async def cancel_order(
    *, order_id: UUID, caller: CurrentPrincipal, db: Write, desk: Desk, response: Response, if_match: IfMatch = None
) -> OrderView:
    """Cancel an order that is not shipped yet; it stays readable."""
    return _view(await desk.move(db, caller, order_id, Status.CANCELLED, if_match=if_match), response)


def _view(order: Order, response: Response) -> OrderView:
    response.headers["ETag"] = entity_tag(order.version)
    return OrderView.of(order)


def _placed(order: Order) -> StoredAnswer:
    return StoredAnswer(
        status=201,
        headers={"Location": f"{router.prefix}/{order.id}", "ETag": entity_tag(order.version)},
        body=OrderView.of(order).model_dump_json(),
    )
