"""Strings as people may send them: bounded, printable, storable in PostgreSQL and in a mail header.

PostgreSQL refuses NUL, UTF-8 refuses lone surrogates and a line break in a name is a mail header injection, so every
free text of every service is of one of these types. They are patterns and lengths only, so the OpenAPI document says
all of it; any length also makes Pydantic refuse lone surrogates.
"""

from typing import Annotated

from pydantic import StringConstraints

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
NO_NUL = r"^[^\x00]*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=ONE_LINE)]
"""One line of 1..200 characters, trimmed. Narrow it: ``Annotated[Line, StringConstraints(max_length=64)]``."""

Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=NO_NUL)]
"""Text of several lines, 1..10 000 characters."""


def refuse_surrogates(value: object) -> object:
    """For free-form values: ValueError when a string holds a lone surrogate (legal in JSON, illegal in UTF-8)."""
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must be valid Unicode text")
    return value


def refuse_nul(value: str) -> str:
    """For free-form values: ValueError for the one character that PostgreSQL cannot store."""
    if "\x00" in value:
        raise ValueError("must not contain NUL characters")
    return value
