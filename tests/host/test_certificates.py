"""What role certificates promises: a pair that belongs together, and a key that only root reads."""

from __future__ import annotations

from typing import Any

FOLDER = "/etc/longhouse/tls"


def test_only_root_reads_the_key(host: Any) -> None:
    key = host.file(f"{FOLDER}/key.pem")
    assert (key.user, key.group, key.mode) == ("root", "root", 0o600)


def test_certificate_and_key_belong_together(host: Any) -> None:
    of_certificate = host.check_output(f"openssl x509 -in {FOLDER}/fullchain.pem -noout -pubkey")
    assert of_certificate == host.check_output(f"openssl pkey -in {FOLDER}/key.pem -pubout")


def test_the_certificate_lives_for_another_month(host: Any) -> None:
    host.run_expect([0], f"openssl x509 -in {FOLDER}/fullchain.pem -noout -checkend {30 * 86400}")
