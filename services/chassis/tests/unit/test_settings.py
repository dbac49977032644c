"""Settings come from the environment, secrets from credentials; what is missing is named."""

from pathlib import Path

import pytest

from chassis.settings import InvalidSettingsError, MigrationSettings, ServiceSettings, load_settings


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("SERVICE", "sample")
    return tmp_path


def test_a_credential_outranks_the_environment(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (credentials / "cursor_key").write_text("from the credential\n")
    monkeypatch.setenv("CURSOR_KEY", "from the environment")
    assert load_settings(ServiceSettings).cursor_key.get_secret_value() == "from the credential"


def test_names_every_fault_and_no_value(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (credentials / "cursor_key").write_text("hush-hush")
    monkeypatch.setenv("DATABASE_POOL", "many")
    with pytest.raises(InvalidSettingsError) as refused:
        load_settings(ServiceSettings)
    message = str(refused.value)
    assert "CURSOR_KEY" in message
    assert "DATABASE_POOL" in message
    assert "hush-hush" not in message
    assert "many" not in message


def test_a_missing_secret_is_named(credentials: Path) -> None:
    with pytest.raises(InvalidSettingsError, match="CURSOR_KEY: Field required"):
        load_settings(ServiceSettings)


def test_secrets_do_not_show(credentials: Path) -> None:
    (credentials / "cursor_key").write_text("hush-hush-hush-hush")
    assert "hush-hush" not in repr(load_settings(ServiceSettings))


def test_a_migration_needs_no_secret_and_works_as_the_owner(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg:///x")
    assert load_settings(MigrationSettings).owner == "owner_sample"
    monkeypatch.setenv("OWNER_ROLE", "")
    assert load_settings(MigrationSettings).owner == ""


def test_the_draining_flag_lies_beside_the_socket(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (credentials / "cursor_key").write_text("x" * 16)
    assert load_settings(ServiceSettings).draining_flag is None
    monkeypatch.setenv("SOCKET", "/run/longhouse/sample/blue.sock")
    assert load_settings(ServiceSettings).draining_flag == Path("/run/longhouse/sample/blue.draining")
