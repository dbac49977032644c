"""Secrets for programs that look for them in their environment, without any environment that others could read.

systemd hands them over as files. They enter `os.environ` of the running process only: neither the unit, nor
`systemctl show`, nor /proc/<pid>/environ ever holds one.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

# Addresses whose user has a password, in the form that libraries take them.
URLS = {"REDIS_URL": "redis_password", "BROKER_URL": "broker_password", "CELERY_BROKER_URL": "broker_password"}


def take_credentials(environment: MutableMapping[str, str] = os.environ) -> None:
    """`secret_key` of $CREDENTIALS_DIRECTORY becomes SECRET_KEY; URLs get the password of their user."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return
    secrets = {path.name: path.read_text(encoding="utf-8").rstrip("\n") for path in Path(folder).iterdir()}
    environment.update({name.upper(): value for name, value in secrets.items()})
    for url, name in URLS.items():
        if url in environment and name in secrets:
            environment[url] = with_password(environment[url], secrets[name])


def with_password(url: str, password: str) -> str:
    """`amqp://user@host/…` with a password; a URL that names no user, or has a password, stays as it is."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    if not at or ":" in user:
        return url
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))
