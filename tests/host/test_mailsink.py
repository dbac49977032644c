"""What role mailsink promises: every message becomes one file, and only this host can send one."""

from __future__ import annotations

import shlex
from uuid import uuid4

from testinfra.host import Host

MAILDIR = "/var/mail/longhouse/new"
SEND = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1", 25) as server:
    server.sendmail("a@example.com", ["b@example.com"], f"Subject: {sys.argv[1]}\\r\\n\\r\\nHello\\r\\n")
"""


def test_a_message_becomes_one_file(host: Host) -> None:
    word = uuid4().hex
    host.check_output(shlex.join(["python3", "-c", SEND, word]))
    (file,) = host.check_output(f"grep -lr {word} {MAILDIR}").split()
    assert host.file(file).contains("Hello")
    host.check_output(f"rm {file}")


def test_it_listens_on_loopback_alone(host: Host) -> None:
    listening = host.check_output("ss -Hltn sport = :25").split("\n")
    assert [line.split()[3] for line in listening] == ["127.0.0.1:25"]
