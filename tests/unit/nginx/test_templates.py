"""What the rendered edge says, catalogue by catalogue.

Whether Nginx accepts it is asked of the host's Nginx: tests/host/test_edge.py.
"""

from __future__ import annotations

import re

import pytest

from tests.unit.nginx.rendering import CATALOGUES, edge_files, service


def block(text: str, head: str) -> str:
    """The lines of the Nginx block that begins with `head`, by its indentation."""
    match = re.search(rf"^( *){re.escape(head)} {{\n(.*?)^\1}}", text, re.DOTALL | re.MULTILINE)
    assert match, f"no block {head!r}"
    return match.group(2)


def test_every_live_service_has_twenty_links_that_are_never_put_aside() -> None:
    servers = re.findall(
        r"server unix:(\S+) (.*);",
        block(edge_files(CATALOGUES["one"])["longhouse-upstreams.conf"], "upstream longhouse_order"),
    )
    assert [path for path, _ in servers] == [f"/run/longhouse/order/upstream/{link:02d}" for link in range(20)]
    assert {options for _, options in servers} == {"max_fails=0"}


def test_idle_connections_cover_the_links_twice() -> None:
    upstream = block(edge_files(CATALOGUES["one"])["longhouse-upstreams.conf"], "upstream longhouse_order")
    assert int(re.findall(r"keepalive (\d+);", upstream)[0]) >= 40


@pytest.mark.parametrize(
    "file", ["longhouse-public.conf", "longhouse-internal.conf", "longhouse-upstreams.conf", "longhouse-readiness.lua"]
)
def test_planned_and_retired_services_are_nowhere(file: str) -> None:
    text = edge_files(CATALOGUES["mixed"])[file]
    assert "order" in text
    assert "next" not in text
    assert "old" not in text


def test_a_route_takes_what_is_below_it_but_not_what_begins_alike() -> None:
    public = edge_files(CATALOGUES["one"])["longhouse-public.conf"]
    assert re.findall(r"location (.*orders.*) {", public) == ["= /api/orders", "/api/orders/"]


def test_only_a_catalogue_without_a_root_route_answers_404_itself() -> None:
    assert "return 404" in edge_files(CATALOGUES["baseline"])["longhouse-public.conf"]
    assert "return 404" not in edge_files(CATALOGUES["root"])["longhouse-public.conf"]


def test_limits_come_from_the_catalogue() -> None:
    files = edge_files(
        [service("order", "/api/orders", rate=30)], sign_in_paths=["/api/login"], sign_in_limit={"rate": 3, "burst": 7}
    )
    zones = dict(re.findall(r"zone=longhouse_(\w+):1m rate=(\d+)r/s", files["longhouse-http.conf"]))
    assert zones == {"own": "20", "sign_in": "3", "order_read": "30", "order_write": "6"}
    route = block(files["longhouse-public.conf"], "location = /api/orders")
    assert re.findall(r"limit_req zone=longhouse_(\w+) burst=(\d+) nodelay", route) == [
        ("order_read", "60"),
        ("order_write", "12"),
        ("sign_in", "7"),
    ]
    assert "client_max_body_size 64k;" in route
    assert "proxy_read_timeout 30s;" in route


def test_the_internal_edge_listens_on_loopback_and_limits_nobody() -> None:
    internal = edge_files(CATALOGUES["baseline"])["longhouse-internal.conf"]
    assert re.findall(r"listen (\S+);", internal) == ["127.0.0.1:8080"]
    assert "limit_" not in internal


def test_clients_without_sni_are_served_only_when_an_address_is_among_the_names() -> None:
    def default_servers(*names: str) -> list[str]:
        public = edge_files(CATALOGUES["one"], server_names=list(names))["longhouse-public.conf"]
        servers = public.split("\nserver {")
        return [
            "reject" if "ssl_reject_handshake" in text else "serve"
            for text in servers
            if "443 ssl default_server" in text
        ]

    assert default_servers("longhouse.test") == ["reject"]
    assert default_servers("longhouse.test", "10.0.0.2") == ["serve"]
    assert default_servers("2001:db8::1") == ["serve"]


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_no_location_says_headers_of_its_own(catalogue: str) -> None:
    """`add_header` in a location would silently drop all headers of answers.inc there."""
    files = edge_files(CATALOGUES[catalogue])
    for name in (
        "longhouse-public.conf",
        "longhouse-internal.conf",
        "longhouse-problems.inc",
        "longhouse-services.inc",
    ):
        assert "add_header" not in files[name], name
    servers = files["longhouse-public.conf"].count("server {")
    assert files["longhouse-public.conf"].count("include conf.d/longhouse-answers.inc;") == servers
    assert files["longhouse-public.conf"].count("include conf.d/longhouse-problems.inc;") == servers


def test_what_a_client_says_about_its_address_is_overwritten() -> None:
    proxy = edge_files(CATALOGUES["one"])["longhouse-services.inc"]
    sent = dict(re.findall(r"proxy_set_header (\S+) (.*);", proxy))
    assert sent["X-Forwarded-For"] == "$remote_addr"
    assert sent["Forwarded"] == '""'
    assert "proxy_add_x_forwarded_for" not in proxy


def test_writes_are_never_sent_twice() -> None:
    for content in edge_files(CATALOGUES["baseline"]).values():
        assert "non_idempotent" not in content


def test_every_file_says_who_made_it() -> None:
    for name, content in edge_files(CATALOGUES["baseline"]).items():
        assert "Managed by Longhouse (role edge)" in content.splitlines()[0], name


def test_challenges_of_an_authority_are_answered_without_tls_only_where_there_is_one() -> None:
    assert "acme-challenge" not in edge_files(CATALOGUES["one"])["longhouse-public.conf"]
    text = edge_files(CATALOGUES["one"], acme_webroot="/run/challenges")["longhouse-public.conf"]
    plain, *others = re.split(r"^server", text, flags=re.MULTILINE)[1:]
    challenges = block(plain, "location ^~ /.well-known/acme-challenge/")
    assert "root /run/challenges;" in challenges
    assert "return 308" in block(plain, "location /")
    assert [other for other in others if "acme-challenge" in other] == []


@pytest.mark.parametrize("names", [["longhouse.test"], ["192.0.2.7"]], ids=["a name", "an address"])
def test_http_3_is_spoken_by_the_servers_that_speak_tls_and_by_nobody_unasked(names: list[str]) -> None:
    """Sockets are made once per port; who asks for no name that is served meets the same server as over TCP."""
    off, on = (edge_files(CATALOGUES["one"], server_names=names, http3=asked) for asked in (False, True))
    assert "quic" not in "".join(off.values())
    assert "h3=" not in off["longhouse-http.conf"]
    assert 'h3=":443"' in on["longhouse-http.conf"]
    listened = re.findall(r"listen (\S+) (ssl|quic)(.*);", on["longhouse-public.conf"])
    for port in ("443", "[::]:443"):
        tcp, quic = ([more for at, kind, more in listened if (at, kind) == (port, way)] for way in ("ssl", "quic"))
        assert [more.replace(" reuseport", "") for more in quic] == tcp
        assert sum("reuseport" in more for more in quic) == 1
