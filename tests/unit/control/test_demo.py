"""The demo order finds its own email among others."""

from __future__ import annotations

import os
from pathlib import Path

from control.demo import OrderWay
from control.demo.mailbox import mails_to

LOCAL = ["bash", "-c"]  # stands where ssh to the host stands
BODY = """\
To: x
Subject: {subject}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64
X-RcptTo: {to}

{body}
"""


def _deliver(folder: Path, name: str, to: str, body: str, at: int) -> None:
    path = folder / "new" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BODY.format(subject=name, to=to, body=body))
    os.utime(path, (at, at))


def test_mail_to_one_address_comes_decoded_and_in_order(tmp_path: Path) -> None:
    _deliver(tmp_path, "2.later", "demo-1@sandbox.example.com", "T3JkZXIgNDI=", at=2000)
    _deliver(tmp_path, "1.earlier", "demo-1@sandbox.example.com", "V2VsY29tZQ==", at=1000)
    _deliver(tmp_path, "3.other", "demo-2@sandbox.example.com", "T3RoZXI=", at=1500)
    mails = mails_to(LOCAL, str(tmp_path), "demo-1@sandbox.example.com")
    assert [(mail.delivered, mail.text().strip()) for mail in mails] == [(1000.0, "Welcome"), (2000.0, "Order 42")]


def test_a_mailbox_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert mails_to(LOCAL, str(tmp_path / "none"), "demo-1@sandbox.example.com") == []


def test_times_are_told_from_the_request() -> None:
    way = OrderWay(
        order_id="o", total="99.00 EUR", recipient="a@sandbox.example.com", message_id="<m>", subject="s",
        requested=100.0, committed=100.02, event_applied=100.3, emailed=100.4504,
    )  # fmt: skip
    assert way.milliseconds() == {"commit": 20, "event": 300, "email": 450}
