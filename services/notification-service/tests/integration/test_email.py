"""Email against a real SMTP server: one kept connection, and each way to fail told apart."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from notifications.channels.port import ChannelProblem, Message, Refused, Rejected, Unreachable
from notifications.channels.smtp import SmtpAccount, SmtpChannel
from notifications.testing.mail_server import MailServer

ACCOUNT = SmtpAccount(
    host="127.0.0.1", port=0, sender="no-reply@longhouse.example", tls="none", answer_seconds=0.5, data_seconds=0.5
)


def message(to: str = "ada@example.com", delivery: UUID | None = None) -> Message:
    return Message(delivery_id=delivery or uuid4(), to=to, title="Hello", text="Text", html="<p>Text</p>")


@pytest.fixture
def channel(mail_server: MailServer) -> Iterator[SmtpChannel]:
    channel = SmtpChannel(replace(ACCOUNT, port=mail_server.port))
    yield channel
    channel.close()


def problem(channel: SmtpChannel, sent: Message | None = None) -> ChannelProblem:
    with pytest.raises(ChannelProblem) as caught:
        channel.send(sent or message())
    return caught.value


def test_mails_share_one_connection(channel: SmtpChannel, mail_server: MailServer) -> None:
    assert [channel.send(message()) for _ in range(3)] == ["250 2.0.0 taken"] * 3
    assert len(mail_server.mails) == 3
    assert mail_server.connections == 1


def test_a_connection_the_server_dropped_while_idle_is_replaced(channel: SmtpChannel, mail_server: MailServer) -> None:
    channel.send(message())
    mail_server.hang_up()
    channel.send(message())
    assert (len(mail_server.mails), mail_server.connections) == (2, 2)


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("450 4.2.1 busy", Refused),
        ("451 4.7.1 greylisted", Refused),
        ("550 5.1.1 no such user", Rejected),
        ("554 5.6.0 no", Rejected),
        ("421 4.3.2 closing", Unreachable),
    ],
)
def test_an_answer_is_taken_at_its_word(
    channel: SmtpChannel, mail_server: MailServer, step: str, answer: str, kind: type[ChannelProblem]
) -> None:
    setattr(mail_server.conduct, step, answer)
    found = problem(channel)
    assert type(found) is kind
    assert answer in str(found)
    setattr(mail_server.conduct, step, "250 ok")
    channel.send(message())
    assert len(mail_server.mails) == 1


def test_after_a_refused_recipient_the_connection_is_kept(channel: SmtpChannel, mail_server: MailServer) -> None:
    mail_server.conduct.rcpt = "550 no"
    problem(channel)
    mail_server.conduct.rcpt = "250 ok"
    channel.send(message())
    assert mail_server.connections == 1


@pytest.mark.parametrize("step", ["rcpt", "data", "after data"])
def test_a_connection_cut_in_the_middle_is_tried_again_and_says_so(
    channel: SmtpChannel, mail_server: MailServer, step: str
) -> None:
    mail_server.conduct.cut = step
    found = problem(channel)
    assert type(found) is Refused
    assert "connection lost while sending" in str(found)
    mail_server.conduct.cut = ""
    channel.send(message())


def test_a_repetition_has_the_same_message_id(channel: SmtpChannel, mail_server: MailServer) -> None:
    sent = message()
    mail_server.conduct.cut = "after data"
    problem(channel, sent)
    mail_server.conduct.cut = ""
    channel.send(sent)
    first, second = (mail["Message-ID"] for mail in mail_server.mails)
    assert first == second == f"<{sent.delivery_id}@longhouse.example>"


def test_a_server_that_is_not_there_is_unreachable(channel: SmtpChannel, mail_server: MailServer) -> None:
    mail_server.stop()
    assert type(problem(channel)) is Unreachable
    mail_server.start()
    channel.send(message())


def test_a_server_that_says_nothing_is_given_up_in_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = SmtpChannel(replace(ACCOUNT, port=silent.getsockname()[1]))
        assert type(problem(channel)) is Unreachable


def test_a_server_without_the_encryption_we_ask_for_is_unreachable(mail_server: MailServer) -> None:
    channel = SmtpChannel(replace(ACCOUNT, port=mail_server.port, tls="starttls"))
    assert "STARTTLS" in str(problem(channel))
    assert mail_server.mails == []


@pytest.mark.parametrize("to", ["nobody", "a@b.example,c@d.example", "grüße@example.com"])
def test_an_address_that_cannot_be_sent_is_rejected_and_the_next_mail_goes_out(
    channel: SmtpChannel, mail_server: MailServer, to: str
) -> None:
    assert type(problem(channel, message(to=to))) is Rejected
    channel.send(message())
    assert len(mail_server.mails) == 1
