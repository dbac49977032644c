"""The mail server of sandbox hosts does what its file says, over real SMTP."""

from __future__ import annotations

import importlib.util
import smtplib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from aiosmtpd.controller import Controller

from tests.e2e.sandbox import ROOT
from tests.faults.mail import MOODS

SOURCE = ROOT / "roles" / "mailsink" / "files" / "longhouse_mailsink.py"
MAIL = "To: ada@example.com\nSubject: Hello\n\nHello.\n"
# These hold a client up instead of answering.
PATIENT = {"silent", "slow"}
KEPT = {"keep-and-cut"}

Ask = Callable[[str], str]


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("longhouse_mailsink", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    """A port that nobody has; aiosmtpd's controller does not take 0 for an answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def send(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Send a mail while the server has this behaviour; returns how that ended, or ``taken``."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    controller = Controller(program.Sink(tmp_path / "mail"), hostname="127.0.0.1", port=free_port())
    controller.start()

    def ask(behaviour: str) -> str:
        (tmp_path / "behaviour").write_text(f"{behaviour}\n")
        try:
            with smtplib.SMTP(controller.hostname, controller.port, timeout=0.5) as client:
                client.sendmail("longhouse@example.com", ["ada@example.com"], MAIL)
        except (smtplib.SMTPException, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return "taken"

    yield ask
    controller.stop()


def kept(folder: Path) -> int:
    return len(list((folder / "mail" / "new").iterdir()))


@pytest.mark.parametrize("behaviour", ["", "unheard of"])
def test_it_takes_and_keeps_mail(send: Ask, tmp_path: Path, behaviour: str) -> None:
    assert send(behaviour) == "taken"
    assert kept(tmp_path) == 1


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("busy", "421"),
        ("greylist", "450"),
        ("later", "451"),
        ("reject", "550"),
        ("reject-content", "554"),
        ("cut", "SMTPServerDisconnected"),
        ("keep-and-cut", "SMTPServerDisconnected"),
    ],
)
def test_it_misbehaves_as_asked_and_only_then(send: Ask, tmp_path: Path, behaviour: str, words: str) -> None:
    assert words in send(behaviour)
    assert kept(tmp_path) == (behaviour in KEPT)
    assert send("") == "taken"


def test_silence_lasts_longer_than_the_client(send: Ask, tmp_path: Path) -> None:
    assert "timed out" in send("silent")
    assert kept(tmp_path) == 0


def test_the_fault_suite_asks_for_nothing_that_is_not_there(program: ModuleType) -> None:
    assert set(MOODS) == set(program.ANSWERS) | PATIENT | KEPT | {"cut"}
