"""Secrets enter the running process, and its environment only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from longhouse_server.credentials import take_credentials, with_password


def test_each_credential_becomes_a_variable_and_urls_get_their_password(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("s3cret\n")
    (tmp_path / "broker_password").write_text("p/w")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "BROKER_URL": "amqp://blog@127.0.0.1:5672/longhouse"}
    take_credentials(environment)
    assert environment["SECRET_KEY"] == "s3cret"
    # pragma: allowlist nextline secret
    assert environment["BROKER_URL"] == "amqp://blog:p%2Fw@127.0.0.1:5672/longhouse"


def test_without_credentials_nothing_changes() -> None:
    environment = {"BROKER_URL": "amqp://blog@127.0.0.1/"}
    take_credentials(environment)
    assert environment == {"BROKER_URL": "amqp://blog@127.0.0.1/"}


# pragma: allowlist nextline secret
@pytest.mark.parametrize("url", ["redis://host/0", "redis://u:p@host/0", "unix:///run/redis.sock"])
def test_an_address_without_a_user_or_with_a_password_stays(url: str) -> None:
    assert with_password(url, "x") == url


@pytest.mark.parametrize("words", [["python", "-m", "told"], ["python", "told.py"]])
def test_a_program_finds_its_secrets_its_arguments_and_its_neighbours(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/secret_key").write_text("s3cret")
    (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
    (tmp_path / "told.py").write_text(
        "import os, pathlib, sys\nfrom beside import NAME\n"
        "inherited = pathlib.Path('/proc/self/environ').read_text()\n"
        "print(os.environ['SECRET_KEY'], 's3cret' in inherited, NAME, sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "longhouse_server", *words, "one", "two"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"CREDENTIALS_DIRECTORY": str(tmp_path / "secrets"), "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    assert done.stdout == "s3cret False beside ['one', 'two']\n"
