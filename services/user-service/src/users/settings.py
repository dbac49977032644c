"""Settings of user-service beyond those of every service."""

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings


class UserSettings(ServiceSettings):
    """``signing_key`` is an Ed25519 private key (PKCS #8, PEM)."""

    signing_key: SecretStr
    admin_password: SecretStr | None = None
    admin_email: str = "admin@longhouse.internal"

    login_rate: str = "10/5 minutes"
    reset_rate: str = "3/15 minutes"
    reset_client_rate: str = "30/15 minutes"
    session_days: int = Field(default=30, ge=1, le=365)
    sessions_per_account: int = Field(default=100, ge=1)
    refresh_grace_seconds: int = Field(default=10, ge=0, le=60)
    view_cache_seconds: int = Field(default=60, ge=1)
    password_threads: int = Field(default=2, ge=1, le=16)
    password_queue: int = Field(default=32, ge=1)
