"""Hosts reach Debian over the mirrors that serve this machine, and over nothing else of its sources."""

from __future__ import annotations

from control.sandbox.apt_sources import for_suite, parse

DEB822 = """\
Types: deb deb-src
# a comment between the fields
URIs: http://mirror.example.org/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://switched-off.example.org/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example.org/debian
Suites: bookworm
Components: main
"""


def test_both_formats_lead_to_the_same_mirrors() -> None:
    one_line = """\
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example.org/debian bookworm main contrib
# deb http://commented.example.org/debian bookworm main
deb http://mirror.example.org/debian bookworm-updates main
deb http://mirror.example.org/debian-security bookworm-security main
"""
    expected = (
        "deb http://mirror.example.org/debian trixie main",
        "deb http://mirror.example.org/debian trixie-updates main",
        "deb http://mirror.example.org/debian-security trixie-security main",
    )
    assert for_suite(parse(DEB822)) == expected
    assert for_suite(parse(one_line)) == expected


def test_repositories_that_are_not_debian_stay_behind() -> None:
    text = (
        "deb http://vendor.example.org/apt cloud-sdk-bookworm main\ndeb http://ubuntu.example.org/ubuntu noble main\n"
    )
    assert for_suite(parse(text)) == ()


def test_old_security_suites_get_their_present_name() -> None:
    assert for_suite([("http://m.example.org/debian-security", "bullseye/updates")]) == (
        "deb http://m.example.org/debian-security trixie-security main",
    )
