"""Why somebody is not logged in."""

from chassis.problems import NotFound, TooManyRequests, Unauthorized


class WrongCredentials(Unauthorized):
    """One message for an unknown address, a wrong password and a disabled account."""

    title = "Wrong e-mail address or password"
    type = "urn:longhouse:problem:wrong-credentials"


class TooManyLogins(TooManyRequests):
    title = "Too many attempts to log in"
    type = "urn:longhouse:problem:too-many-logins"


class SessionOver(Unauthorized):
    title = "The session is over"
    type = "urn:longhouse:problem:session-over"


class SessionNotFound(NotFound):
    title = "No such session"
