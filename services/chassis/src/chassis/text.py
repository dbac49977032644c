"""Strings as people may send them: bounded, printable, storable in PostgreSQL and in a mail header.

PostgreSQL refuses NUL, UTF-8 refuses lone surrogates and a line break in a name is a mail header injection,
so every free text of every service goes through one of these types.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

# Published in the OpenAPI document so that a client can check before sending.
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}


def refuse_surrogates(value: object) -> object:
    """Turn a lone surrogate (legal in JSON escapes, illegal in UTF-8) into a plain validation error."""
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must be valid Unicode text")
    return value


def refuse_controls(value: str) -> str:
    """Refuse control characters, line and paragraph separators."""
    if any(unicodedata.category(character) in _CONTROLS for character in value):
        raise ValueError("must not contain control characters or line breaks")
    return value


def refuse_nul(value: str) -> str:
    """Refuse the one character that PostgreSQL cannot store."""
    if "\x00" in value:
        raise ValueError("must not contain NUL characters")
    return value


Line = Annotated[
    str,
    BeforeValidator(refuse_surrogates),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE),
    AfterValidator(refuse_controls),
]
"""One line of 1..200 characters, trimmed. Narrow it: ``Annotated[Line, StringConstraints(max_length=64)]``."""

Paragraph = Annotated[
    str,
    BeforeValidator(refuse_surrogates),
    StringConstraints(min_length=1, max_length=10_000),
    AfterValidator(refuse_nul),
]
"""Text of several lines, 1..10 000 characters."""
