"""A host made of fakes at lhctl's ports; files are real, below a scratch folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lhctl.converge import Convergence, Outcome
from lhctl.desired import Desired, Installer, Wanted
from lhctl.errors import StepFailedError
from lhctl.events import Recorder
from lhctl.layout import Layout, ServiceLayout
from lhctl.ports import Answer, Host, Request, UnitState
from lhctl.state import ServiceState


class KilledError(BaseException):
    """What SIGKILL looks like to code: it ends here, and no handler runs."""


class Cutter:
    """Counts everything that touches the world; kills at the call numbered `at`, before it takes effect."""

    def __init__(self) -> None:
        self.at = 0
        self.calls = 0

    def tick(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise KilledError


class FakeUnits:
    """systemd as far as lhctl looks: units run or do not; `broken` maps a unit's beginning to its last words."""

    def __init__(self, layout: Layout, cutter: Cutter) -> None:
        self.layout = layout
        self.cutter = cutter
        self.running: dict[str, str] = {}
        self.enabled: set[str] = set()
        self.broken: dict[str, str] = {}
        self.calls: list[str] = []
        self.timers: dict[str, int] = {}
        self.is_stale = False
        self.after: Callable[[str], None] = lambda unit: None

    def reload(self) -> None:
        self._say("reload")
        self.is_stale = False

    def start(self, *units: str) -> None:
        for unit in units:
            self._say(f"start {unit}")
            for beginning, words in self.broken.items():
                if unit.startswith(beginning):
                    raise StepFailedError(f"{unit} did not start", unit=unit, log=[words])
            if self._is_service(unit) and unit not in self.running:
                self.running[unit] = self._release_of(unit)
            self.after(unit)

    def stop(self, *units: str) -> None:
        for unit in units:
            self._say(f"stop {unit}")
            self.running.pop(unit, None)

    def enable(self, *units: str) -> None:
        self._say(f"enable {' '.join(units)}")
        self.enabled |= set(units)

    def disable(self, *units: str) -> None:
        self._say(f"disable {' '.join(units)}")
        self.enabled -= set(units)

    def states(self, *units: str) -> Mapping[str, UnitState]:
        return {
            unit: UnitState(active="active" if unit in self.running else "inactive", enabled=unit in self.enabled)
            for unit in units
        }

    def stale(self, *units: str) -> bool:
        return self.is_stale

    def log(self, unit: str, lines: int = 15, since: float = 0.0) -> list[str]:
        return [f"last words of {unit}"]

    def make_runtime_folders(self) -> None:
        self._say("runtime folders")
        for name in ("order", "user"):
            self.layout.service(name).upstream.mkdir(parents=True, exist_ok=True)

    def later(self, name: str, seconds: int, command: Sequence[str]) -> None:
        self._say(f"later {name}")
        self.timers[name] = seconds

    def changes(self) -> list[str]:
        """Calls that start or stop something."""
        return [call for call in self.calls if call.split()[0] in {"start", "stop"}]

    def _say(self, call: str) -> None:
        self.cutter.tick()
        self.calls.append(call)

    @staticmethod
    def _is_service(unit: str) -> bool:
        return not any(task in unit for task in ("-preflight@", "-migrate@", "-contract@", "-setup@"))

    def _release_of(self, unit: str) -> str:
        name, _, colour = unit.removeprefix("longhouse-").removesuffix(".service").partition("@")
        return os.path.basename(os.readlink(self.layout.service(name.removesuffix("-fleet")).colour(colour)))


class FakeProbe:
    """Answers for the web units that run; `answers` overrides what a release says of itself."""

    def __init__(self, units: FakeUnits, cutter: Cutter) -> None:
        self.units = units
        self.cutter = cutter
        self.answers: dict[str, Answer] = {}

    def get(self, socket: Path, path: str) -> Answer:
        self.cutter.tick()
        target = Path(os.readlink(socket)) if socket.is_symlink() else socket
        service, colour = target.parent.name, target.stem
        release = self.units.running.get(f"longhouse-{service}@{colour}.service")
        if release is None:
            return Answer(0, {}, "connection refused")
        if release in self.answers:
            return self.answers[release]
        if target.with_suffix(".draining").exists():
            return Answer(503, {}, "draining")
        return Answer(200, {"version": release, "colour": colour}, "ok")


class FakeConnections:
    """`open_for` is how many times a socket still has a connection."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self.open_for = 2

    def count(self, socket: Path, port: int) -> int:
        self.cutter.tick()
        self.open_for -= 1
        return 1 if self.open_for > 0 else 0


class FakeClock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class FakeAccess:
    """The edge's log: `behave` tells the requests of each quarter of a second, given who is asked through the links."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.caught_up = True
        self.behave: Callable[[Path, float], list[Request]] = lambda upstream, now: []

    @contextmanager
    def follow(self, service: str) -> Iterator[FakeAccess]:
        yield self

    def read(self) -> list[Request]:
        return self.behave(self.world.places().upstream, self.world.clock.time)


class FakeSoftware:
    """Releases are folders with a manifest; `missing` are versions whose artifact is not there."""

    def __init__(self, layout: Layout, cutter: Cutter) -> None:
        self.layout = layout
        self.cutter = cutter
        self.missing: set[str] = set()
        self.manifests: dict[str, dict[str, Any]] = {}

    def provide_installer(self, installer: Installer) -> bool:
        self.cutter.tick()
        assert installer.file, "nobody said which installer"
        return False

    def install(self, wanted: Wanted) -> bool:
        self.cutter.tick()
        if wanted.version in self.missing:
            raise StepFailedError(f"{wanted.artifact}: not on this host")
        release = self.layout.service(wanted.name).release(wanted.version)
        release.mkdir(parents=True, exist_ok=True)
        (release / "manifest.json").write_text(json.dumps(self.manifests.get(wanted.version, {})))
        return True

    def prune(self, service: str, keep: Sequence[str]) -> list[str]:
        self.cutter.tick()
        gone = [path for path in self.layout.service(service).releases.glob("*") if path.name not in keep]
        for path in gone:
            (path / "manifest.json").unlink()
            path.rmdir()
        return sorted(path.name for path in gone)


class World:
    """The whole host and the commands a test gives it."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root)
        self.cutter = Cutter()
        self.units = FakeUnits(self.layout, self.cutter)
        self.probe = FakeProbe(self.units, self.cutter)
        self.connections = FakeConnections(self.cutter)
        self.clock = FakeClock()
        self.software = FakeSoftware(self.layout, self.cutter)
        self.access = FakeAccess(self)
        self.host = Host(self.layout, self.units, self.probe, self.connections, self.clock, self.software, self.access)
        self.recorder = Recorder(self.layout.events, self.clock, "test")

    def wanted(self, version: str = "1", **changes: Any) -> Wanted:
        """Service `order`, live, with everything a service can have."""
        shape: dict[str, Any] = {"name": "order", "state": "live", "fleet": True, "migrate": True, "setup": True}
        return Wanted(version=version, artifact="a.tar", sha256="0", blue_port=1, green_port=2, **{**shape, **changes})

    def converge(self, *wanted: Wanted, complete: bool = False) -> dict[str, Outcome]:
        """One run; outcomes by service."""
        desired = Desired(wanted, Installer("uv.whl", "0"), complete)
        return {outcome.service: outcome for outcome in Convergence(self.host, self.recorder).run(desired)}

    def remember(self, *services: Wanted) -> None:
        """Leave the document that the last play would have left."""
        document = {"services": [vars(service) for service in services], "installer": {"file": "uv.whl", "sha256": "0"}}
        self.layout.desired.parent.mkdir(parents=True, exist_ok=True)
        self.layout.desired.write_text(json.dumps(document))

    def configure(self, text: str, service: str = "order") -> None:
        """Change what the service reads at its start."""
        path = self.layout.root / "etc/longhouse" / service / "env"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def reboot(self) -> None:
        """/run is empty, enabled units run again."""
        self.units.running = {unit: self.units._release_of(unit) for unit in self.units.enabled}

    def places(self, service: str = "order") -> ServiceLayout:
        return self.layout.service(service)

    def state(self, service: str = "order") -> ServiceState:
        return ServiceState.read(self.places(service).state, service)

    def serving(self, service: str = "order") -> set[str]:
        """What a client gets: the releases its twenty links lead to; `nobody` for a link without a living end."""
        found = set()
        for link in self.places(service).links():
            colour = Path(os.readlink(link)).stem if link.is_symlink() else ""
            found.add(self.units.running.get(f"longhouse-{service}@{colour}.service", "nobody"))
        return found

    def steps(self) -> list[str]:
        """Names and outcomes of all events so far."""

        lines = self.layout.events.read_text().splitlines() if self.layout.events.exists() else []
        return [f"{event['step']} {event['outcome']}" for event in map(json.loads, lines)]
