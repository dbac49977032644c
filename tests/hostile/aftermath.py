"""What the host's own records say when all attacks are over."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.hostile.ledger import NOT_SPOKEN

FIELDS = "--output-fields=MESSAGE,HTTP_METHOD,HTTP_PATH,REQUEST_ID,_SYSTEMD_UNIT,PRIORITY"
SERVICES = ("user", "order", "notification")
WATCHED = ("nginx", "postgresql@17-main", "redis-server@cache", "redis-server@state", "rabbitmq-server")


@dataclass(frozen=True)
class Aftermath:
    """A place in the journal, and who ran then."""

    sandbox: Sandbox
    cursor: str
    processes: str

    @classmethod
    def begin(cls, sandbox: Sandbox) -> Aftermath:
        cursor = sandbox.run("journalctl --sync; journalctl -n0 --show-cursor").rpartition("-- cursor: ")[2].strip()
        return cls(sandbox, cursor, _main_processes(sandbox))

    def nothing_died(self) -> None:
        """The same main processes as before, and no worker of the edge lost."""
        assert _main_processes(self.sandbox) == self.processes
        lost = [line for line in self._messages("-t nginx_error") if "exited on signal" in line]
        assert lost == []

    def nothing_failed(self) -> None:
        """No 5xx went out, whoever it was for, and no service told of a failure."""
        failures = [record for record in self._edge() if record["status"] >= 500]
        assert [record for record in failures if record["status"] not in NOT_SPOKEN] == []
        told = self._records("-p err", "longhouse-*.service")
        assert told == [], told[:5]

    def nothing_is_in_hand(self) -> None:
        """A request that is counted for ever would keep everybody from holding requests (`lhctl hold`)."""

        def counted() -> list[str]:
            ask = "curl -sf http://127.0.0.1:8080/.longhouse/requests/"
            return [name for name in SERVICES if int(self.sandbox.run(ask + name))]

        eventually(lambda: not counted(), within=60, what="end of all requests")

    def services_saw_what_the_edge_passed_on(self) -> None:
        """A smuggled request would be one that a service answered and the edge has no record of."""
        with suppress(AssertionError):
            # The last records are written a moment after the last answers.
            eventually(lambda: not self._unexplained(), within=20, what="edge's record of every request")
        unexplained = self._unexplained()
        assert unexplained == [], unexplained[:5]

    def _unexplained(self) -> list[str]:
        """What services say they answered and the edge does not say it passed on."""
        edge = self._edge()
        passed = {(record["request_id"], record["method"]) for record in edge}
        served = [record for record in self._records("", "longhouse-*.service") if "HTTP_PATH" in record]
        # Some of the files ask no service at all.
        assert served or not any(record["upstream"] for record in edge)
        return [
            f"{record['HTTP_METHOD']} {record['HTTP_PATH']} {record.get('REQUEST_ID')}"
            for record in served
            if (record.get("REQUEST_ID"), record["HTTP_METHOD"]) not in passed
        ]

    def _edge(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._messages("-t nginx_access")]

    def _messages(self, match: str) -> list[str]:
        return [_text(record["MESSAGE"]) for record in self._records(match)]

    def _records(self, match: str, units: str = "") -> list[dict[str, Any]]:
        unit = f"-u '{units}'" if units else ""
        # All: without it, what is longer than 4 KiB is told as null.
        text = self.sandbox.run(
            f"journalctl --no-pager --all -o json {FIELDS} --after-cursor='{self.cursor}' {unit} {match}"
        )
        return [json.loads(line) for line in text.split("\n") if line]


def _text(message: str | list[int]) -> str:
    """journalctl tells what is no text as numbers, one a byte."""
    return message if isinstance(message, str) else bytes(message).decode(errors="replace")


def _main_processes(sandbox: Sandbox) -> str:
    units = " ".join(f"{unit}.service" for unit in WATCHED)
    # By name: units that end with their one connection come and go.
    ours = " ".join(f"'longhouse-{service}@*' 'longhouse-{service}-fleet@*'" for service in SERVICES)
    return sandbox.run(
        f"systemctl show --property=Id,MainPID,NRestarts {units}"
        f" $(systemctl list-units --plain --no-legend --state=active {ours} | cut -d' ' -f1)"
    )
