"""ETag and If-Match over the version of an order; here the precondition is optional."""

from orders.orders.errors import OrderChanged


def entity_tag(version: int) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'


def require_match(if_match: str | None, version: int) -> None:
    """Raise `OrderChanged` (412) when the client names other versions than this one."""
    if if_match is None or not if_match.strip():
        return
    given = {tag.strip() for tag in if_match.split(",")}
    if "*" not in given and entity_tag(version) not in given:
        raise OrderChanged("read the order again, then repeat your change")
