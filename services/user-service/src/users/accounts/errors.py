"""What can be wrong with an account, in HTTP's words."""

from chassis.problems import Conflict, Forbidden, NotFound, Problem, Unavailable


class EmailTaken(Conflict):
    title = "E-mail address taken"
    type = "urn:longhouse:problem:email-taken"


class AccountNotFound(NotFound):
    """Also for other people's accounts: whether they exist is nobody's business."""

    title = "No such user"


class AdminOnly(Forbidden):
    title = "Only an admin may change this"


class VersionMissing(Problem):
    status = 428
    title = "If-Match is required"


class VersionStale(Problem):
    status = 412
    title = "The user has changed since"


class TooManyPasswords(Unavailable):
    title = "Too many logins at once"
