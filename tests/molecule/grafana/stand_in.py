#!/usr/bin/python3
"""Stands in for Grafana: reads what Grafana reads, where Grafana reads it, and tells it on the port it is told.

It is no Grafana: what the real one makes of its settings and dashboards is not tried with it.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FILE = re.compile(r"\$__file\{(.+)\}")


def read(path: Path) -> dict[str, dict[str, str]]:
    """Sections of the ini file; `$__file{…}` stands for a file's content."""
    found = configparser.RawConfigParser()
    found.read(path, encoding="utf-8")
    return {name: {key: value_of(text) for key, text in found[name].items()} for name in found.sections()}


def value_of(text: str) -> str:
    named = FILE.fullmatch(text)
    return Path(named[1]).read_text(encoding="utf-8").strip() if named else text


def told(settings: dict[str, dict[str, str]]) -> dict[str, object]:
    """What it understood; of a secret only the digest."""
    folder = Path(settings["paths"]["provisioning"])
    secrets = {key: settings["security"][key] for key in ("admin_password", "secret_key")}
    return {
        "settings": {name: values for name, values in settings.items() if name != "security"},
        "secrets": {key: hashlib.sha256(value.encode()).hexdigest() for key, value in secrets.items()},
        "provisioning": {str(path): path.read_text(encoding="utf-8") for path in sorted(folder.glob("*/*.yaml"))},
    }


class Handler(BaseHTTPRequestHandler):
    """Answers everything with what was understood."""

    answer = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)


def main() -> None:
    (config,) = (word.removeprefix("--config=") for word in sys.argv if word.startswith("--config="))
    settings = read(Path(config))
    Handler.answer = json.dumps(told(settings)).encode()
    # Its database: what the unit's sandbox must let it write.
    Path("/var/lib/grafana/grafana.db").write_text("made", encoding="utf-8")
    address = settings["server"]["http_addr"], int(settings["server"]["http_port"])
    HTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
