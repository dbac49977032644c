"""docs/adding-a-service.md, followed to the letter, with applications that have never heard of Longhouse."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.foreign.newcomer import ROOT, Newcomer
from tests.foreign.readers import Readers

HERE = ROOT / "tests/foreign"


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    return Newcomer.arrives(tmp_path_factory.mktemp("clone"), os.environ.get("LONGHOUSE_HOST", "foreign"))


@pytest.fixture(scope="module")
def sandbox(newcomer: Newcomer) -> Sandbox:
    """After the steps of the document, word for word."""
    newcomer.adds(HERE / "blog", newcomer.entry)
    newcomer.adds(HERE / "notes", (HERE / "catalogue.yml").read_text(encoding="utf-8").partition("---\n")[2])
    first, *_ = newcomer.commands
    newcomer.types(first)
    return Sandbox.read(newcomer.host)


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with httpx2.Client(base_url=sandbox.base_url, verify=context, timeout=10) as found:
        yield found


@pytest.mark.parametrize("service", ["blog", "notes"])
def test_it_is_live_behind_tls_and_says_which_release_it_is(client: httpx2.Client, service: str) -> None:
    told = client.get(f"/health/{service}").json()
    assert told["status"] == "ok"
    assert told["version"]
    assert told["colour"] in ("blue", "green")


@pytest.mark.parametrize("path", ["/blog/posts", "/notes"])
def test_it_has_a_database_of_its_own_and_no_password(client: httpx2.Client, path: str) -> None:
    assert client.post(path, content="first words").status_code == 201
    assert "first words" in client.get(path).json()


@pytest.mark.parametrize("path", ["/blog/static/style.css", "/notes/static/style.css"])
def test_its_static_files_are_served_as_it_says(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_its_pages_may_have_scripts(client: httpx2.Client) -> None:
    page = client.get("/blog/")
    assert "words first" in page.text, "its setting did not arrive"
    assert "default-src" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/blog/about", "/notes/about"])
def test_it_sees_its_client_and_its_secret_which_no_unit_shows(
    client: httpx2.Client, sandbox: Sandbox, path: str
) -> None:
    about = client.get(path).json()
    assert about["scheme"] == "https"
    assert about["client"] not in ("", "127.0.0.1")
    assert int(about["secret_length"]) >= 32
    service = path.split("/")[1]
    shown = sandbox.run(
        f"systemctl cat 'longhouse-{service}@blue'; systemctl show 'longhouse-{service}@*' -p Environment;"
        f" cat /etc/longhouse/{service}/*env; cat $(pgrep -u longhouse_{service} | sed 's|.*|/proc/&/environ|')"
    )
    assert "SECRET_KEY=" not in shown


def test_its_fleet_works(client: httpx2.Client) -> None:
    before = client.get("/blog/digests").json()
    eventually(lambda: client.get("/blog/digests").json() > before, within=20, what="new digest")


def test_its_celery_worker_declares_what_it_likes_where_nobody_else_is(client: httpx2.Client, sandbox: Sandbox) -> None:
    assert client.post("/notes?loud=yes", content="say it again").status_code == 201
    eventually(lambda: "SAY IT AGAIN" in client.get("/notes").json(), within=30, what="work of the foreign worker")
    assert "notes.loud" in sandbox.run("rabbitmqctl -q -p notes list_queues name")
    rights = sandbox.run("rabbitmqctl -q list_user_permissions notes").splitlines()[1:]
    assert [line.split()[0] for line in rights] == ["notes"]


def test_released_twice_without_a_failed_request(newcomer: Newcomer, sandbox: Sandbox, client: httpx2.Client) -> None:
    deploy = next(command for command in newcomer.commands if " deploy " in command) + " notes"
    versions = set()
    with Readers(sandbox) as readers:
        for number, old in enumerate(("1.0.0", "1.0.1"), 1):
            newcomer.changes("services/blog/pyproject.toml", old, f"1.0.{number}")
            newcomer.changes("services/notes/notes.py", "-> Flask:\n", f"-> Flask:\n    # {number}\n")
            newcomer.types(deploy)
            versions.add((client.get("/health/blog").json()["version"], client.get("/health/notes").json()["version"]))
    reconnects = readers.listener.reconnects
    print(f"{readers.answers.total()} requests, {len(readers.heard)} messages, {reconnects} reconnects")
    assert readers.failures == []
    assert len({blog for blog, _ in versions}) == len({notes for _, notes in versions}) == 2
    assert readers.answers[201] > 50
    assert len(readers.heard) > 50
    assert reconnects == 2, "a release did not tell the WebSocket"


def test_the_clone_has_locks_to_commit_and_nothing_else_new(newcomer: Newcomer) -> None:
    assert sorted(path.parent.name for path in newcomer.clone.glob("services/*/longhouse.lock")) == ["blog", "notes"]
    assert list(Path(newcomer.clone / "services").glob("*/.longhouse-lock*")) == []
