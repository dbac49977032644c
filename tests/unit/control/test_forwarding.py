"""On a machine whose policy is to drop what it forwards, hosts get their exception, once, and it leaves with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from control.sandbox import forwarding

# Keeps its rules in a file, one a line, and answers -S, -C, -I and -D as iptables does.
IPTABLES = """\
#!/bin/bash
rules={rules}
shift; action=$1; shift 2
case $action in
  -S) cat "$rules" ;;
  -C) grep -qxF -e "$*" "$rules" ;;
  -I) echo "$*" >> "$rules" ;;
  -D) grep -qxF -e "$*" "$rules" || exit 1; grep -vxF -e "$*" "$rules" > "$rules.new"; mv "$rules.new" "$rules" ;;
esac
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rules = tmp_path / "rules"
    program = tmp_path / "bin" / "iptables"
    program.parent.mkdir()
    program.write_text(IPTABLES.format(rules=rules))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return rules


def test_a_dropping_machine_lets_hosts_through_until_the_last_is_gone(rules: Path) -> None:
    rules.write_text("-P FORWARD DROP\n")
    forwarding.allow()
    forwarding.allow()
    added = rules.read_text().splitlines()[1:]
    assert len(added) == 2
    assert all("ve-lh+" in rule for rule in added)
    assert "RELATED,ESTABLISHED" in next(rule for rule in added if rule.startswith("-o"))
    forwarding.forget()
    assert rules.read_text() == "-P FORWARD DROP\n"


def test_a_machine_that_forwards_is_left_as_it_is(rules: Path) -> None:
    rules.write_text("-P FORWARD ACCEPT\n")
    forwarding.allow()
    assert rules.read_text() == "-P FORWARD ACCEPT\n"
