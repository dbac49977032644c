"""Which passwords are refused: short ones and those that every guessing list begins with."""

import unicodedata
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from chassis.text import NO_NUL

SHORTEST = 10
LONGEST = 128
_FEWEST_CHARACTERS = 4

# The heads of the public lists of leaked passwords, of ten characters and more; compared without case.
_COMMON = frozenset(files(__package__).joinpath("common_passwords.txt").read_text("utf-8").split())


def normalise(password: str) -> str:
    """Return the form that is hashed: the same characters typed on another device give the same password."""
    return unicodedata.normalize("NFKC", password)


def refuse_weak(password: str) -> str:
    """Raise ValueError for a password that guessing finds at once."""
    if len(set(password)) < _FEWEST_CHARACTERS or password.lower() in _COMMON:
        raise ValueError("is among the first that are guessed")
    return password


def refuse_resembling(password: str, email: str) -> str:
    """Raise ValueError when the password is the e-mail address or its local part."""
    if password.lower() in {email.lower(), email.lower().partition("@")[0]}:
        raise ValueError("must not be the e-mail address")
    return password


GivenPassword = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, pattern=NO_NUL),
    AfterValidator(normalise),
]
"""A password to compare: only bounded, because rules may have changed since it was chosen."""

NewPassword = Annotated[
    str,
    StringConstraints(min_length=SHORTEST, max_length=LONGEST, pattern=NO_NUL),
    AfterValidator(normalise),
    AfterValidator(refuse_weak),
]
"""A password to set."""
