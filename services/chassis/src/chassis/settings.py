"""What the unit tells a service: knobs from the environment, secrets from systemd credentials.

A secret is a file of $CREDENTIALS_DIRECTORY named like the field and outranks the environment, so that a stray variable
can never replace it.
"""

import os
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class InvalidSettingsError(RuntimeError):
    """The environment or a credential is missing or wrong; the message names every field and never a value."""


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, file_secret_settings, env_settings


class MigrationSettings(_Settings):
    """All that a migration needs, so that it runs without the service's secrets."""

    service: str = Field(pattern=r"^[a-z][a-z0-9_]{1,19}$")
    database_url: str
    owner_role: str | None = None
    """Role that owns the tables. Unset: ``owner_<service>``; empty: the connecting role itself (tests)."""
    migration_phase: Literal["expand", "contract"] = "expand"
    """``expand`` stops before a revision that takes something away; ``contract`` goes all the way."""
    runtime_directory: str = ""
    """Folder for the file ``revision``, which says where the schema is afterwards; empty: nobody wants to know."""

    @property
    def owner(self) -> str:
        return f"owner_{self.service}" if self.owner_role is None else self.owner_role


class ServiceSettings(_Settings):
    """Settings of every service; a service adds its own fields in a subclass."""

    service: str = Field(pattern=r"^[a-z][a-z0-9_]{1,19}$")
    colour: str = "blue"
    release: str = "unreleased"
    port: int = 0
    socket: str = ""
    metrics_port: int = 0
    metrics_dirs: str = ""
    environment: Literal["sandbox", "staging", "production"] = "sandbox"

    database_url: str = ""
    database_pool: int = Field(default=5, ge=1, le=50)

    redis_cache_url: str = ""
    redis_state_url: str = ""
    redis_username: str = ""
    redis_password: SecretStr | None = None

    broker_url: str = ""
    broker_password: SecretStr | None = None

    internal_edge_url: str = "http://127.0.0.1:8080"
    public_url: str = "https://localhost"
    jwks_file: Path = Path("/etc/longhouse/jwks.json")
    cursor_key: SecretStr = Field(min_length=16)

    token_audience: str = "longhouse"  # noqa: S105 - a name, not a secret
    access_token_seconds: int = Field(default=600, ge=60, le=3600)
    body_limit: int = Field(default=65_536, ge=1024)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    failpoints: bool = False
    """Lets a test kill this service's processes at named places (chassis.failpoints); sandbox only."""

    @model_validator(mode="after")
    def _failpoints_stay_in_the_sandbox(self) -> Self:
        if self.failpoints and self.environment != "sandbox":
            raise ValueError(
                f"FAILPOINTS lets anybody with a file kill the service; {self.environment} must not set it"
            )
        return self

    @property
    def token_issuer(self) -> str:
        """``iss`` of access tokens: the address people use."""
        return self.public_url.rstrip("/")

    @property
    def metrics_folders(self) -> list[Path]:
        """Where the processes of this colour keep their numbers (``METRICS_DIRS``, separated by colons)."""
        return [Path(folder) for folder in self.metrics_dirs.split(":") if folder]

    @property
    def draining_flag(self) -> Path | None:
        """The file whose presence says that this colour is being drained."""
        return Path(self.socket).with_suffix(".draining") if self.socket else None


S = TypeVar("S", bound=BaseSettings)


def load_settings(settings: type[S]) -> S:
    """Read ``settings`` from the environment and the credentials directory.

    Raises InvalidSettingsError naming each missing or wrong field.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    try:
        return settings(_secrets_dir=directory if directory and Path(directory).is_dir() else None)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise InvalidSettingsError(
            f"settings of {settings.__module__}.{settings.__qualname__}: {faults}"
            " (set it in the unit's environment file or as a credential of that name)"
        ) from None
