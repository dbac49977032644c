"""The console sees a whole host as `lhctl status` shows it to root, with fewer rights; role console has no lhctl."""

from __future__ import annotations

import json
from typing import Any


def test_the_console_is_told_what_root_is(host: Any) -> None:
    ask = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/longhouse-console/status.sock')"
    told = host.check_output(f'python3 -c "{ask}; print(s.makefile().read())"')
    known = host.check_output("lhctl status --json")
    names = [
        [
            (service["name"], sorted(service["queues"]), service["outbox"] is None)
            for service in json.loads(text)["services"]
        ]
        for text in (told, known)
    ]
    assert names[0] == names[1]
