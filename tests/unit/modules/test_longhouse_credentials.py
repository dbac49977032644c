"""longhouse_credentials: the encrypted credentials are exactly the intended ones, and no value shows anywhere.

systemd-creds needs the machine's key, so a stand-in program takes its place: it seals by name and by a key of its own.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]

SYSTEMD_CREDS = """#!/bin/sh
# encrypt|decrypt --name=NAME INPUT OUTPUT; a sealed file is "<key>:<name>:<hex of the value>".
echo "$@" >> "$STAND_IN/calls"
name=${2#--name=}
key=$(cat "$STAND_IN/key")
if [ "$1" = encrypt ]; then
    [ -e "$STAND_IN/broken" ] && { echo "no key on this host" >&2; exit 1; }
    printf '%s:%s:' "$key" "$name"; od -An -v -tx1 | tr -d ' \\n'
else
    IFS=: read -r sealed_key sealed_name value < "$3" || :
    [ "$sealed_key:$sealed_name" = "$key:$name" ] || { echo "cannot decrypt" >&2; exit 1; }
    printf "$(printf '%s' "$value" | sed 's/../\\\\x&/g')"
fi
"""
SECRET = "s3cret-of-the-order-service"


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    path = tmp_path / "stand-in"
    path.mkdir()
    (path / "key").write_text("first")
    (path / "calls").touch()
    program = path / "systemd-creds"
    # dash's printf knows no \\x; bash is on every Debian host.
    program.write_text(SYSTEMD_CREDS.replace("#!/bin/sh", "#!/bin/bash"))
    program.chmod(0o755)
    return path


@pytest.fixture
def reconcile(run_module: Run, stand_in: Path, tmp_path: Path) -> Run:
    def run(credentials: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        environment = {"PATH": f"{stand_in}:/usr/bin:/bin", "STAND_IN": str(stand_in)}
        path = str(tmp_path / "credentials")
        return run_module(
            "longhouse_credentials", path=path, credentials=credentials, environment=environment, **arguments
        )

    return run


def test_writes_each_credential_under_its_own_name_for_root_only(
    reconcile: Run, stand_in: Path, tmp_path: Path
) -> None:
    answer = reconcile({"order/redis_password": SECRET, "user/redis_password": "other"})
    assert answer["changed_names"] == ["order/redis_password", "user/redis_password"]
    sealed = tmp_path / "credentials" / "order" / "redis_password"
    assert sealed.read_text().startswith("first:redis_password:")
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert stat.S_IMODE(sealed.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(sealed.parent.parent.stat().st_mode) == 0o700


def test_a_second_run_changes_nothing(reconcile: Run, tmp_path: Path) -> None:
    reconcile({"order/redis_password": SECRET})
    inode = (tmp_path / "credentials/order/redis_password").stat().st_ino
    answer = reconcile({"order/redis_password": SECRET})
    assert (answer["changed"], answer["changed_names"]) == (False, [])
    assert (tmp_path / "credentials/order/redis_password").stat().st_ino == inode


def test_only_the_changed_value_is_written(reconcile: Run) -> None:
    reconcile({"order/redis_password": SECRET, "user/redis_password": "other"})
    answer = reconcile({"order/redis_password": SECRET, "user/redis_password": "new"})
    assert answer["changed_names"] == ["user/redis_password"]


def test_a_trailing_line_end_is_part_of_the_value(reconcile: Run) -> None:
    reconcile({"user/signing_key": "pem\n"})
    assert reconcile({"user/signing_key": "pem\n"})["changed"] is False
    assert reconcile({"user/signing_key": "pem"})["changed"] is True


def test_what_this_host_cannot_decrypt_is_written_again(reconcile: Run, stand_in: Path) -> None:
    reconcile({"order/redis_password": SECRET})
    (stand_in / "key").write_text("another machine")
    assert reconcile({"order/redis_password": SECRET})["changed_names"] == ["order/redis_password"]


def test_a_credential_moved_to_another_name_is_not_accepted(reconcile: Run, tmp_path: Path) -> None:
    reconcile({"order/redis_password": SECRET, "order/broker_password": SECRET})
    directory = tmp_path / "credentials" / "order"
    (directory / "broker_password").write_bytes((directory / "redis_password").read_bytes())
    answer = reconcile({"order/redis_password": SECRET, "order/broker_password": SECRET})
    assert answer["changed_names"] == ["order/broker_password"]


def test_open_permissions_are_repaired(reconcile: Run, tmp_path: Path) -> None:
    reconcile({"order/redis_password": SECRET})
    (tmp_path / "credentials/order/redis_password").chmod(0o644)
    assert reconcile({"order/redis_password": SECRET})["changed_names"] == ["order/redis_password"]
    assert stat.S_IMODE((tmp_path / "credentials/order/redis_password").stat().st_mode) == 0o600


def test_surplus_credentials_go_and_their_directory_with_the_last(reconcile: Run, tmp_path: Path) -> None:
    reconcile({"order/redis_password": SECRET, "gone/redis_password": "x", "order/old": "x"})
    answer = reconcile({"order/redis_password": SECRET})
    assert answer["removed"] == ["gone/redis_password", "order/old"]
    assert [path.name for path in (tmp_path / "credentials").rglob("*")] == ["order", "redis_password"]


def test_check_mode_says_the_same_and_changes_nothing(reconcile: Run, tmp_path: Path) -> None:
    reconcile({"gone/redis_password": "x"})
    answer = reconcile({"order/redis_password": SECRET}, check=True)
    assert (answer["changed_names"], answer["removed"]) == (["order/redis_password"], ["gone/redis_password"])
    assert (tmp_path / "credentials/gone/redis_password").exists()
    assert not (tmp_path / "credentials/order").exists()


def test_no_value_is_shown_or_passed_as_an_argument(reconcile: Run, stand_in: Path) -> None:
    answers = [reconcile({"order/redis_password": SECRET}, diff=True) for _ in range(2)]
    (stand_in / "broken").touch()
    answers.append(reconcile({"order/redis_password": SECRET + "2"}, diff=True))
    assert answers[2]["failed"]
    assert "no key on this host" in answers[2]["msg"]
    assert all(SECRET not in answer["everything"] for answer in answers)
    assert SECRET not in (stand_in / "calls").read_text()


@pytest.mark.parametrize("name", ["redis_password", "../order/x", "order/../x", "order/x/y", "order/", "Order/x"])
def test_names_that_could_leave_the_directory_are_refused(reconcile: Run, tmp_path: Path, name: str) -> None:
    assert "does not read <service>/<name>" in reconcile({name: "value-of-it"})["msg"]
    assert not (tmp_path / "credentials").exists()


def test_a_value_that_is_no_text_is_refused(reconcile: Run) -> None:
    assert "not text" in reconcile({"order/x": None})["msg"]
