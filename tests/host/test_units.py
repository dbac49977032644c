"""What role units promises: sandboxed units, settings without secrets, sockets that only the edge reaches."""

from __future__ import annotations

import pytest
from testinfra.host import Host


def services(host: Host) -> list[str]:
    """Names of the services that have a web unit; it is the one that waits for its release to be ready."""
    found = host.run("grep -l await-ready /etc/systemd/system/longhouse-*@.service").stdout.split()
    return sorted(path.rpartition("/longhouse-")[2].removesuffix("@.service") for path in found)


def test_there_are_services(host: Host) -> None:
    assert services(host)


def test_systemd_finds_nothing_to_object_to(host: Host) -> None:
    for service in services(host):
        colour = host.check_output(f"basename $(readlink /run/longhouse/{service}/upstream/00) .sock")
        result = host.run(
            f"systemd-analyze verify --man=no longhouse-{service}@{colour}.service longhouse-links.service"
        )
        assert (result.rc, result.stderr) == (0, "")


def test_the_runtime_folder_is_closed_to_other_services(host: Host) -> None:
    for service in services(host):
        socket = f"/run/longhouse/{service}/$(basename $(readlink /run/longhouse/{service}/upstream/00))"
        reach = f"test -w {socket}"
        assert host.run(f"runuser -u www-data -- sh -c '{reach}'").rc == 0
        assert host.run(f"runuser -u nobody -- sh -c '{reach}'").rc != 0
        assert host.run(f"runuser -u www-data -- touch /run/longhouse/{service}/x").rc != 0
        assert host.run(f"runuser -u longhouse_{service} -- rm -f /run/longhouse/{service}/upstream/00").rc != 0


def test_nobody_but_root_moves_the_upstream_directory(host: Host) -> None:
    for service in services(host):
        place = f"/run/longhouse/{service}"
        assert host.run(f"runuser -u longhouse_{service} -- mv {place}/upstream {place}/elsewhere").rc != 0, service


def test_a_service_does_not_enter_the_directory_of_another(host: Host) -> None:
    for service in services(host):
        for other in services(host):
            if other != service:
                assert host.run(f"runuser -u longhouse_{service} -- ls /run/longhouse/{other}").rc != 0, (
                    service,
                    other,
                )


def test_credentials_are_encrypted_and_rooms_are_roots(host: Host) -> None:
    for path in host.check_output("find /etc/longhouse/credentials -type f").split():
        file = host.file(path)
        assert (file.user, file.mode) == ("root", 0o600), path
        name = path.rpartition("/")[2]
        assert host.run(f"systemd-creds decrypt --name={name} {path} - >/dev/null").rc == 0, path


@pytest.mark.parametrize("place", ["/proc/{pid}/environ", "/proc/{pid}/cmdline"])
def test_no_secret_is_in_environment_or_arguments(host: Host, place: str) -> None:
    for service in services(host):
        for path in host.check_output(f"find /etc/longhouse/credentials/{service} -type f").split():
            secret = host.check_output(f"systemd-creds decrypt --name={path.rpartition('/')[2]} {path} -").splitlines()[
                -1
            ]
            for pid in host.check_output(f"pgrep -u longhouse_{service}").split():
                text = host.run(f"tr '\\0' '\\n' < {place.format(pid=pid)}").stdout
                assert secret not in text, f"{path} shows in {place.format(pid=pid)}"


def test_links_are_made_before_nginx_at_boot(host: Host) -> None:
    assert host.service("longhouse-links").is_enabled
    assert "nginx.service" in host.check_output("systemctl show -P Before longhouse-links.service").split()
