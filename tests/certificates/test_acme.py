"""The life of a certificate from an ACME authority: each test begins where the one before it ended."""

from __future__ import annotations

import datetime
import time

from tests.certificates.ground import AUTHORITY, DUE, NOW, STATE, Ground
from tests.e2e.kept_connections import KEEPING, SLOWEST_SECONDS, Clients
from tests.e2e.waiting import eventually


def test_a_site_whose_authority_cannot_be_reached_serves_all_the_same_and_says_what_it_waits_for(
    ground: Ground,
) -> None:
    done = ground.play()
    assert done.status != 0  # the checks at its end
    assert "certificate-serves" in done.output
    assert "waiting: the edge goes on with the certificate it has" in done.output
    own = ground.served()
    assert own.issuer == own.subject
    eventually(lambda: DUE in ground.failed_units(), within=120, what=f"alert for {DUE}")


def test_the_first_certificate_comes_with_the_next_run(ground: Ground) -> None:
    authority = ground.play(playbook="tests/certificates/authority.yml")
    assert authority.status == 0, authority.output[-4000:]
    done = ground.play()
    assert done.status == 0, done.output[-4000:]
    assert "renewal | Ask now when the inventory wants another one than is served" in str(done.changed)
    for name in ("", f"{ground.name}.sandbox.example.com"):
        assert "Pebble" in ground.served(name).issuer.rfc4514_string()


def test_another_run_changes_nothing(ground: Ground) -> None:
    for arguments in ((), ("--check",)):
        done = ground.play(*arguments)
        assert (done.status, done.changed) == (0, []), done.output[-4000:]


def test_its_client_is_nobody_who_reaches_nothing_else(ground: Ground) -> None:
    assert ground.run(f"stat -c '%U %a' {STATE}/accounts").strip() == "longhouse-acme 700"
    assert ground.run("stat -c '%U %a' /etc/longhouse/tls/key.pem").strip() == "root 600"
    probe = "import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    for port, verdict in ((14000, "reached"), (9090, "refused"), (9093, "refused")):
        ask = f'runuser -u longhouse-acme -- python3 -c "{probe.format(port=port)}" 2> /dev/null'
        assert ground.run(f"{ask} && echo reached || echo refused").strip() == verdict, port


def test_a_renewal_fails_no_request_on_a_kept_connection(ground: Ground) -> None:
    before, process = ground.served(), ground.masters()
    with Clients(ground.sandbox.address) as clients:
        assert ground.start(NOW), ground.says(NOW)
        time.sleep(SLOWEST_SECONDS)
    assert ground.served().serial_number != before.serial_number
    assert ground.masters() == process
    print(f"{clients.answers} answers on {clients.connections} connections")
    assert clients.failures == []
    assert clients.answers > clients.connections > KEEPING


def test_what_is_not_due_leaves_nginx_alone(ground: Ground) -> None:
    reloaded = "systemctl show -P StateChangeTimestampMonotonic nginx"
    before = ground.run(reloaded)
    assert ground.start(DUE)
    assert "nothing is due\nserved already" in ground.says(DUE)
    assert ground.run(reloaded) == before


def test_one_that_its_authority_recalls_is_replaced_without_a_word_from_anybody(ground: Ground) -> None:
    before = ground.served()
    ground.run(
        f"runuser -u longhouse-acme -- dehydrated --config {STATE}/settings --revoke {STATE}/certs/edge/cert.pem"
        # The client puts what it revoked aside; an authority that recalls one does not.
        f" && cd {STATE}/certs/edge && mv cert-*.pem-revoked $(readlink fullchain.pem | sed s/fullchain/cert/)"
    )
    assert ground.start(DUE), ground.says(DUE)
    assert "issued: the authority wants it replaced" in ground.says(DUE)
    assert ground.served().serial_number != before.serial_number


def test_a_renewal_that_fails_keeps_the_old_one_and_tells_people(ground: Ground) -> None:
    before = ground.served()
    ground.run("systemctl stop pebble")
    assert not ground.start(NOW)
    assert f"{AUTHORITY} gave no certificate" in ground.says(NOW)
    assert ground.served() == before
    eventually(lambda: NOW in ground.failed_units(), within=60, what=f"alert for {NOW}")


def test_as_long_as_it_is_good_the_authority_is_not_needed(ground: Ground) -> None:
    assert ground.start(DUE), ground.says(DUE)
    assert "nothing is due\nserved already" in ground.says(DUE)


def test_an_authority_that_has_forgotten_the_account_gets_a_new_one_as_the_runbook_says(ground: Ground) -> None:
    ground.run("systemctl start pebble && sleep 1")
    assert not ground.start(NOW)
    ground.run(f"rm -r {STATE}/accounts")
    assert ground.start(NOW), ground.says(NOW)
    ends = ground.served().not_valid_after_utc
    assert ends - datetime.datetime.now(datetime.UTC) > datetime.timedelta(days=80)


def test_going_back_to_an_own_authority_leaves_nothing_behind(ground: Ground) -> None:
    done = ground.play("-e", "certificates_source=own_ca", playbook="playbooks/host.yml")
    assert done.status == 0, done.output[-4000:]
    assert ground.run("ls /etc/systemd/system/ /etc/longhouse | grep -E 'certificate|acme' || true") == ""
    assert ground.run("systemctl list-timers --no-legend 'longhouse-certificate*'") == ""
