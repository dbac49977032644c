"""The real processes (consumer, Celery worker, beat) on real connections: what happens when those break."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis.messaging import topology
from chassis.messaging.connections import open_broker
from chassis.messaging.envelope import CONTENT_TYPE, Event
from chassis.messaging.publisher import Outgoing, Publisher, Verdict
from chassis.testing.waiting import wait_until
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings
from notifications.testing.broker_proxy import BrokerProxy
from notifications.testing.desk import Desk
from notifications.testing.examples import event
from notifications.testing.mail_server import MailServer
from notifications.testing.topology import declare_topology

CELERY = [sys.executable, "-m", "celery", "-A"]
QUEUES = ",".join(f"notification.{channel}" for channel in Channel)
WORKER = [*CELERY, "notifications.celery_app:app", "worker", "--queues", QUEUES, "--concurrency", "2"]
WORKER += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
BEAT = [*CELERY, "notifications.beat_app:app", "beat", "--loglevel", "WARNING", "--pidfile="]
CONSUMER = [sys.executable, "-c", "from notifications.workers.consumer import main; main()"]

Run = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def proxy(settings: NotificationSettings) -> Iterator[BrokerProxy]:
    parts = urlsplit(settings.broker_url)
    proxy = BrokerProxy((parts.hostname or "", parts.port or 5672))
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def environment(
    settings: NotificationSettings,
    proxy: BrokerProxy,
    mail_server: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """What the unit would give the processes: secrets as files. The broker is reached through the proxy."""
    parts = urlsplit(settings.broker_url)
    credentials = tmp_path_factory.mktemp("credentials")
    (credentials / "broker_password").write_text(parts.password or "")
    (credentials / "cursor_key").write_text("a-cursor-key-for-tests")
    return {
        **os.environ,
        "SERVICE": "notification",
        "DATABASE_URL": settings.database_url,
        "BROKER_URL": parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl(),
        "CREDENTIALS_DIRECTORY": str(credentials),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail_server.port),
        "SMTP_FROM": "Longhouse <no-reply@longhouse.example>",
    }


@pytest.fixture(scope="module")
def run(environment: dict[str, str]) -> Iterator[Run]:
    """Starts a process; all are killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], **changes: str) -> subprocess.Popen[bytes]:
        # Warnings of a foreign process are not this suite's; its own group lets a kill reach the children too.
        process = subprocess.Popen(command, env={**environment, **changes}, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and its children."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def on_broker(settings: NotificationSettings, action: Callable[[Any], object]) -> None:
    """``action(channel)`` on a connection of its own: nobody keeps up the heartbeat of one that waits."""
    broker = open_broker(settings, role="test")
    action(broker.channel())
    broker.close()


@pytest.fixture(scope="module")
def processes(run: Run, settings: NotificationSettings) -> dict[str, subprocess.Popen[bytes]]:
    """Consumer, worker and beat, running."""
    on_broker(settings, declare_topology)
    return {"consumer": run(CONSUMER), "worker": run(WORKER), "beat": run(BEAT)}


@pytest.fixture(autouse=True)
def fresh_mails(mail_server: MailServer, proxy: BrokerProxy, desk: Desk) -> None:
    mail_server.mails.clear()
    mail_server.conduct.cut, mail_server.conduct.thinks = "", 0.0
    proxy.heal()


def publish(settings: NotificationSettings, *events: Event) -> None:
    """Events as the relay of another service would publish them; the same one twice included."""
    broker = open_broker(settings, role="test-relay")
    publisher = Publisher(broker)
    for each in events:
        outgoing = Outgoing(each.id, topology.EVENTS_EXCHANGE, each.type, each.encode(), CONTENT_TYPE)
        assert publisher.publish([outgoing])[each.id].verdict is Verdict.CONFIRMED
    broker.close()


@pytest.mark.usefixtures("processes")
def test_an_event_becomes_one_mail_however_often_it_comes(
    settings: NotificationSettings, mail_server: MailServer, desk: Desk
) -> None:
    placed, paid = event("order.placed.v1"), event("order.paid.v1")
    publish(settings, placed, placed)
    publish(settings, paid, placed)
    mails = mail_server.wait_for(2, seconds=60)
    wait_until(lambda: desk.statuses() == ["sent", "sent"])
    assert {mail["X-Longhouse-Event-Id"] for mail in mails} == {str(placed.id), str(paid.id)}
    assert {mail["Message-ID"] for mail in mails} == {
        f"<{row['id']}@longhouse.example>" for row in desk.rows("SELECT id FROM delivery")
    }
    assert {mail["X-Request-Id"] for mail in mails} == {placed.requestid}
    assert len(mail_server.mails) == 2


@pytest.mark.usefixtures("processes")
def test_a_row_written_by_the_api_is_sent_without_the_web_touching_the_broker(
    mail_server: MailServer, desk: Desk
) -> None:
    started = time.monotonic()
    desk.add()
    mail_server.wait_for(1)
    assert time.monotonic() - started < 2


@pytest.mark.usefixtures("processes")
def test_mail_goes_out_by_itself_once_the_server_is_back(mail_server: MailServer, desk: Desk) -> None:
    mail_server.stop()
    first, second = desk.add(), desk.add()
    wait_until(lambda: desk.delivery(first)["awaiting_channel"] and desk.delivery(second)["awaiting_channel"])
    mail_server.start()
    mail_server.wait_for(2)
    wait_until(lambda: desk.statuses() == ["sent", "sent"])


@pytest.mark.usefixtures("processes")
def test_a_cut_to_the_broker_heals_without_a_restart(
    settings: NotificationSettings, proxy: BrokerProxy, mail_server: MailServer, desk: Desk
) -> None:
    desk.add()
    mail_server.wait_for(1)
    proxy.cut()
    desk.add()
    publish(settings, event("order.shipped.v1"))
    time.sleep(1.5)
    proxy.heal()
    mail_server.wait_for(3, seconds=20)
    wait_until(lambda: desk.statuses() == ["sent"] * 3)


@pytest.mark.usefixtures("processes")
def test_a_restart_of_the_database_heals_without_a_restart(
    settings: NotificationSettings, mail_server: MailServer, desk: Desk
) -> None:
    desk.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    desk.add()
    publish(settings, event("order.cancelled.v1"))
    mail_server.wait_for(2)
    wait_until(lambda: desk.statuses() == ["sent"] * 2)


def test_a_worker_killed_after_sending_is_made_good_and_the_repetition_can_be_seen(
    processes: dict[str, subprocess.Popen[bytes]], run: Run, mail_server: MailServer, desk: Desk
) -> None:
    mail_server.conduct.thinks = 30
    delivery = desk.add()
    mail_server.wait_for(1)
    kill(processes["worker"])
    mail_server.conduct.thinks = 0
    processes["worker"] = run(WORKER)
    desk.let_pass(timedelta(seconds=10))  # the lease
    mails = mail_server.wait_for(2, seconds=60)
    assert mails[0]["Message-ID"] == mails[1]["Message-ID"]
    wait_until(lambda: desk.delivery(delivery)["status"] == "sent")
    assert [attempt["outcome"] for attempt in desk.attempts(delivery)] == ["abandoned", "sent"]


def test_the_processes_end_cleanly_when_asked(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        process.terminate()
    assert {name: process.wait(15) for name, process in processes.items()} == {"consumer": 0, "worker": 0, "beat": 0}


def test_nothing_is_lost_while_the_worker_is_away(
    run: Run, mail_server: MailServer, desk: Desk, settings: NotificationSettings
) -> None:
    consumer = run(CONSUMER)
    publish(settings, event("order.placed.v1"))
    wait_until(lambda: bool(desk.rows("SELECT FROM delivery WHERE enqueued_at IS NOT NULL")), seconds=20)
    on_broker(settings, lambda channel: channel.queue_purge("notification.email"))  # the reminder is lost, too
    desk.let_pass(timedelta(seconds=30))
    worker, beat = run(WORKER), run(BEAT)
    mail_server.wait_for(1, seconds=60)
    for process in (consumer, worker, beat):
        kill(process)


@pytest.mark.parametrize("command", [WORKER, BEAT, CONSUMER], ids=["worker", "beat", "consumer"])
def test_a_process_without_its_settings_ends_with_an_error(run: Run, command: list[str]) -> None:
    assert run(command, CREDENTIALS_DIRECTORY="").wait(20) != 0


def test_a_worker_whose_queues_are_missing_ends_with_an_error(run: Run, settings: NotificationSettings) -> None:
    on_broker(settings, lambda channel: channel.queue_delete("notification.push"))
    try:
        assert run(WORKER).wait(20) != 0
    finally:
        on_broker(settings, declare_topology)
