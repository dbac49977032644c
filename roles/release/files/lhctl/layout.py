"""Where everything of a service is on the host, derived from its name alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

COLOURS = ("blue", "green")
LINK_COUNT = 20


def other(colour: str) -> str:
    """The colour that is not `colour`."""
    return COLOURS[1 - COLOURS.index(colour)]


@dataclass(frozen=True)
class Layout:
    """`root` is `/` on a host and a scratch folder in tests."""

    root: Path = Path("/")

    @property
    def software(self) -> Path:
        return self.root / "opt/longhouse"

    @property
    def artifacts(self) -> Path:
        return self.software / "artifacts"

    @property
    def trusted_key(self) -> Path:
        """minisign's public key whose signature artifacts need; where it is missing, none is asked for."""
        return self.root / "etc/longhouse/trusted/artifact.pub"

    @property
    def wheels(self) -> Path:
        """Third-party wheels, shared by all releases of all services."""
        return self.software / "wheels"

    @property
    def environments(self) -> Path:
        """Installed and compiled sets of third-party wheels, one per set; releases are hard links to them."""
        return self.software / "environments"

    @property
    def installer(self) -> Path:
        return self.software / "bin/uv"

    @property
    def variable(self) -> Path:
        return self.root / "var/lib/longhouse"

    @property
    def textfiles(self) -> Path:
        """Where node-exporter looks for what others have to tell."""
        return self.root / "var/lib/prometheus/node-exporter"

    @property
    def events(self) -> Path:
        return self.variable / "releases.jsonl"

    @property
    def lock(self) -> Path:
        return self.variable / ".releases.lock"

    @property
    def desired(self) -> Path:
        """What the last play asked for."""
        return self.root / "etc/longhouse/desired.json"

    @property
    def results(self) -> Path:
        return self.root / "run/longhouse-results"

    @property
    def unit_files(self) -> Path:
        return self.root / "etc/systemd/system"

    @property
    def edge(self) -> list[Path]:
        """What the edge is told of all services; nothing on a host whose edge is another one."""
        return sorted((self.root / "etc/nginx/conf.d").glob("longhouse-*.[ci]*"))

    def service(self, name: str) -> ServiceLayout:
        return ServiceLayout(self, name)

    def known_services(self) -> list[str]:
        """Every service that was ever released here."""
        return sorted(path.stem for path in self.variable.glob("*.json"))


@dataclass(frozen=True)
class ServiceLayout:
    """The places and unit names of one service."""

    layout: Layout
    name: str

    @property
    def software(self) -> Path:
        return self.layout.software / self.name

    @property
    def releases(self) -> Path:
        return self.software / "releases"

    @property
    def state(self) -> Path:
        return self.layout.variable / f"{self.name}.json"

    @property
    def runtime(self) -> Path:
        return self.layout.root / "run/longhouse" / self.name

    @property
    def upstream(self) -> Path:
        """The links the edge connects to."""
        return self.runtime / "upstream"

    @property
    def configuration(self) -> list[Path]:
        """Files and folders whose content a running process has read at its start."""
        root = self.layout.root
        units = [self.layout.unit_files / f"longhouse-{self.name}{kind}@.service" for kind in ("", "-fleet")]
        return [*units, root / "etc/longhouse" / self.name, self.credentials]

    @property
    def has_fleet(self) -> bool:
        """Whether this host runs processes of the service beside its web unit."""
        return (self.layout.unit_files / f"longhouse-{self.name}-fleet@.service").exists()

    @property
    def credentials(self) -> Path:
        return self.layout.root / "etc/longhouse/credentials" / self.name

    def settings(self, colour: str) -> Path:
        """The texts that this colour was started with."""
        return self.layout.variable / f"settings/{self.name}-{colour}.json"

    def release(self, version: str) -> Path:
        return self.releases / version

    def colour(self, colour: str) -> Path:
        """Link to the release that this colour runs."""
        return self.software / colour

    def socket(self, colour: str) -> Path:
        return self.runtime / f"{colour}.sock"

    def draining(self, colour: str) -> Path:
        """While this file is there, the colour closes its connections after each answer and calls itself not ready."""
        return self.runtime / f"{colour}.draining"

    def links(self) -> list[Path]:
        return [self.upstream / f"{number:02d}" for number in range(LINK_COUNT)]

    def web(self, colour: str) -> str:
        return f"longhouse-{self.name}@{colour}.service"

    def fleet(self, colour: str) -> str:
        return f"longhouse-{self.name}-fleet@{colour}.service"

    def task(self, task: str, colour: str) -> str:
        """One-shot units of a release: preflight, migrate, setup, contract."""
        return f"longhouse-{self.name}-{task}@{colour}.service"

    @property
    def revision(self) -> Path:
        """Where the schema is, as the last migration said; gone after a reboot."""
        return self.layout.root / f"run/longhouse-{self.name}-migrate/revision"

    @property
    def cooling(self) -> str:
        """The timer that ends the rollback window."""
        return f"longhouse-{self.name}-cool"
