"""What each view of the page is told: one document per view, whole even when a source is silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from longhouse_console import journal, pipeline, timeline
from longhouse_console.alertmanager import Alertmanager
from longhouse_console.findings import Findings
from longhouse_console.platform_state import PlatformState
from longhouse_console.prometheus import Prometheus

Document = dict[str, Any]
# The error budget of a month moves slowly, and asking for a month costs.
BUDGET_SECONDS = 60.0


@dataclass(frozen=True)
class Views:
    """The sources together."""

    prometheus: Prometheus
    alertmanager: Alertmanager
    platform: PlatformState

    def overview(self) -> Document:
        """`{services: […], alerts, watching, disk_free, memory_free, load, problems, time}`."""
        ask = Findings()
        status = self._status(ask)
        numbers = {name: self._by_service(ask, name) for name in ("requests", "errors", "slow", "ready")}
        budget = self._by_service(ask, "budget", keep=BUDGET_SECONDS)
        services = [
            _serving(service) | {name: values.get(service["name"]) for name, values in numbers.items()}
            | {"budget": budget.get(service["name"])}
            for service in status["services"]
        ]  # fmt: skip
        return self._told(ask, {
            "services": services,
            **self._alerts(ask),
            **{name: self._value(ask, name) for name in ("disk_free", "memory_free", "load")},
        })  # fmt: skip

    def pipeline(self) -> Document:
        """`{stages: […], delivery_seconds, problems, time}`."""
        ask = Findings()
        figures = {name: self._rows(ask, name) for name in pipeline.FIGURES}
        return self._told(ask, pipeline.picture(figures))

    def releases(self, span: str) -> Document:
        """`{releases: […], panels: [latency, errors], problems, time}` of the last `span`."""
        ask = Findings()
        nothing: list[Document] = []
        events = ask.ask("releases.jsonl", self.platform.events, nothing)
        return self._told(ask, {
            "releases": timeline.releases(events),
            "panels": self._panels(ask, ("latency", "errors"), span),
        })  # fmt: skip

    def alerts(self) -> Document:
        """`{alerts, silences, watching, problems, time}`."""
        ask = Findings()
        return self._told(ask, {
            **self._alerts(ask),
            "silences": self._silences(ask),
        })  # fmt: skip

    def backups(self) -> Document:
        """`{backups: [{repository, type, succeeded, good, bytes, seconds}], drills: […], problems, time}`.

        A drill is `{of, succeeded, ended, good, rpo, rto, bytes}`, of the databases where `of` is empty.
        """
        ask = Findings()
        return self._told(ask, {
            "backups": self._table(ask, "backup", ("repository", "type"), ("succeeded", "good", "bytes", "seconds")),
            "drills": self._table(ask, "drill", ("of",), ("succeeded", "ended", "good", "rpo", "rto", "bytes")),
        })  # fmt: skip

    def host(self, span: str) -> Document:
        """`{panels: [cpu, memory, disk, network], disks, failed: [unit], …}` and the figures of now, problems, time."""
        ask = Findings()
        return self._told(ask, {
            "panels": self._panels(ask, ("cpu", "memory", "disk", "network"), span),
            "disks": [
                {"mountpoint": row["labels"].get("mountpoint", ""), "free": row["value"]}
                for row in self._rows(ask, "disks")
            ],
            "failed": [row["labels"].get("name", "") for row in self._rows(ask, "units_failed")],
            **{name: self._value(ask, name) for name in
               ("updates", "vulnerabilities", "vulnerabilities_fixed", "reboot", "booted", "load", "cores",
                "memory_free", "certificate")},
        })  # fmt: skip

    def panel(self, name: str, span: str) -> Document:
        """One plot."""
        return self.prometheus.panel(name, span)

    def sources(self) -> Document:
        """What logs can be narrowed to."""
        return {"services": self.platform.services(), "platform": list(journal.SOURCES)}

    def _panels(self, ask: Findings, names: tuple[str, ...], span: str) -> list[Document]:
        found = (ask.ask("Prometheus", self._panel(name, span), None) for name in names)
        return [panel for panel in found if panel]

    def _panel(self, name: str, span: str) -> Callable[[], Document | None]:
        return lambda: self.prometheus.panel(name, span)

    def _rows(self, ask: Findings, name: str) -> list[Document]:
        nothing: list[Document] = []
        return ask.ask("Prometheus", lambda: self.prometheus.figure(name), nothing)

    def _table(self, ask: Findings, what: str, labels: tuple[str, ...], columns: tuple[str, ...]) -> list[Document]:
        """A row for each combination of `labels`; column `good` is figure `<what>_good`."""
        rows: dict[tuple[str, ...], Document] = {}
        for column in columns:
            for found in self._rows(ask, f"{what}_{column}"):
                key = tuple(found["labels"].get(label, "") for label in labels)
                row = rows.setdefault(key, dict(zip(labels, key, strict=True)) | dict.fromkeys(columns))
                row[column] = found["value"]
        return [rows[key] for key in sorted(rows)]

    def _status(self, ask: Findings) -> Document:
        nothing: Document = {"services": []}
        return ask.ask("lhctl", self.platform.status, nothing)

    def _alerts(self, ask: Findings) -> Document:
        nothing: tuple[list[Document], bool] = ([], False)
        alerts, watching = ask.ask("Alertmanager", self.alertmanager.alerts, nothing)
        return {"alerts": alerts, "watching": watching}

    def _silences(self, ask: Findings) -> list[Document]:
        nothing: list[Document] = []
        return ask.ask("Alertmanager", self.alertmanager.silences, nothing)

    def _by_service(self, ask: Findings, name: str, *, keep: float = 0.0) -> dict[str, float | None]:
        return ask.ask("Prometheus", lambda: self.prometheus.by(name, "service", keep=keep), {})

    def _value(self, ask: Findings, name: str) -> float | None:
        return ask.ask("Prometheus", lambda: self.prometheus.value(name), None)

    def _told(self, ask: Findings, document: Document) -> Document:
        return document | {"problems": ask.problems, "time": time.time()}


def _serving(service: Document) -> Document:
    """What lhctl says of one service, as far as an overview goes."""
    colour = service["active"]
    unit = service["releases"].get(colour or "", {})
    return {
        "name": service["name"], "state": service["state"], "colour": colour, "version": service["version"],
        "restarts": unit.get("restarts", 0), "fleet": unit.get("fleet", ""),
        "canary": len([weight for weight in service["weights"].values() if weight]) > 1,
        "quarantined": len(service["quarantined"]),
    }  # fmt: skip
