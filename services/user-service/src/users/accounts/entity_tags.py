"""ETag and If-Match over row versions: nobody overwrites what he has not seen."""

from users.accounts.errors import VersionMissing, VersionStale


def entity_tag(version: int) -> str:
    """Return the strong ETag of a row version."""
    return f'"{version}"'


def require_match(if_match: str | None, version: int) -> None:
    """Raise VersionMissing (428) without If-Match and VersionStale (412) when it names other versions only."""
    if if_match is None or not if_match.strip():
        raise VersionMissing("send the ETag you have read as If-Match")
    # A weak tag never matches here (RFC 9110, 13.1.1): it is compared with its W/ in front.
    given = {tag.strip() for tag in if_match.split(",")}
    if "*" not in given and entity_tag(version) not in given:
        raise VersionStale("read the user again, then repeat your change")
