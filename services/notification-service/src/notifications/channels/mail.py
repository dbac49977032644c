"""An email as bytes: multipart text and HTML, headers that data cannot forge, an identity that survives retries."""

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from notifications.channels.port import Message, Rejected

# Seven-bit bodies pass any server, and data never needs 8BITMIME.
_POLICY = SMTP.clone(cte_type="7bit")
# Whatever an event says: exactly one mailbox, no display name, no list, no line break.
_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f<>,;:\"@]{1,64}@[^\s\x00-\x20\x7f<>,;:\"@]{1,255}")
_HEADER_VALUE = re.compile(r"^[\x21-\x7e]{1,200}$")


def compose(message: Message, *, sender: str, domain: str) -> bytes:
    """The email for ``message``. The Message-ID comes from the delivery's id: however often it is sent, it is one.

    Raises `Rejected` when an address or the subject cannot stand in a header.
    """
    mail = EmailMessage(policy=_POLICY)
    if not _ADDRESS.fullmatch(message.to):
        raise Rejected("the recipient's address is not one address")
    try:
        mail["From"] = sender
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.title
    except (ValueError, IndexError, MessageError) as error:
        raise Rejected(f"no email can be made of this: {error}") from error
    mail["Message-ID"] = f"<{message.delivery_id}@{domain}>"
    mail["Date"] = formatdate()
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in (
        ("X-Longhouse-Event-Id", str(message.event_id) if message.event_id else None),
        ("X-Request-Id", message.request_id),
        ("traceparent", message.traceparent),
    ):
        if value is not None and _HEADER_VALUE.match(value):
            mail[name] = value
    mail.set_content(message.text + "\n")
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    return mail.as_bytes()
