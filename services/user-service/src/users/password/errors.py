"""Why a password stays as it is."""

from chassis.problems import BadRequest, TooManyRequests, Unauthorized


class WrongPassword(Unauthorized):
    """The caller is who the token says, and does not know the password."""

    title = "The current password is wrong"
    type = "urn:longhouse:problem:wrong-password"


class ResetTokenInvalid(BadRequest):
    """Unknown, used, replaced by a newer one or too old: one answer, because only its owner needs to know which."""

    title = "This link is no longer good"
    type = "urn:longhouse:problem:reset-token-invalid"


class TooManyResets(TooManyRequests):
    title = "Too many requests to reset a password"
    type = "urn:longhouse:problem:too-many-resets"
