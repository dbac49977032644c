"""E-mail addresses: one spelling per mailbox."""

from typing import Annotated

from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from pydantic import AfterValidator, StringConstraints, WithJsonSchema

LONGEST = 254

# Names like .test and .local cannot be reached over the internet, but inside a company's own network they can; the
# library means this list to be edited.
SPECIAL_USE_DOMAIN_NAMES.clear()


def normalise(address: str) -> str:
    """Return the address in lower case with an ASCII domain; ValueError says what is malformed.

    Whether the domain can receive mail is for the mail server to find out, so private domains are fine.
    """
    parts = validate_email(
        address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
    )
    normalised = (parts.ascii_email or parts.normalized).lower()
    if "." not in parts.ascii_domain:
        raise ValueError("must have a full domain name after the @")
    if len(normalised) > LONGEST:
        raise ValueError(f"must have at most {LONGEST} characters")
    return normalised


EmailAddress = Annotated[
    str,
    StringConstraints(min_length=3, max_length=LONGEST),
    AfterValidator(normalise),
    WithJsonSchema({"type": "string", "format": "email", "minLength": 3, "maxLength": LONGEST}),
]
