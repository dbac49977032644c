"""The test table as data: which commands make up each suite, and which sandbox host they need.

A command is a list of words run from the repository root; `{python}` is the interpreter of `.venv`, `{host}` the
sandbox host of the run. Adding a suite means adding an entry here, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SERVICES = ("chassis", "contracts", "server", "user-service", "order-service", "notification-service")

# Packages that run on the host, as Python runs them: from the folder that holds them.
_ON_THE_HOST = (
    "roles/release/files/lhctl",
    "roles/console/files/longhouse_console",
    "roles/backup/files/longhouse_backup",
    "roles/snapshots/files/longhouse_snapshot",
    "roles/certificates/files/longhouse_certificate",
    "roles/base/files/longhouse_record.py",
    "roles/base/files/longhouse_audit.py",
    "roles/base/files/longhouse_vulnerabilities.py",
    "roles/edge/files/edge_parting.py",
)

RELEASES_HOST = "releases"
FOREIGN_HOST = "foreign"
BACKUPS_HOST = "backups"
UPGRADE_HOST = "upgrade"
CERTIFICATES_HOST = "certificates"
WORKFLOWS = tuple(f".github/workflows/{name}.yml" for name in ("audit", "pull-request", "release"))


@dataclass(frozen=True)
class Step:
    """One command of a suite; `name` is what a person reads when it fails."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "."


@dataclass(frozen=True)
class Suite:
    """A named row of the test table; `needs_host` suites get a provisioned sandbox host first.

    `options` of the command line go on to the last step as they are. A suite `when_named` takes long, and does not
    run when no suite is named.
    """

    name: str
    promise: str
    steps: tuple[Step, ...]
    needs_host: bool = False
    options: tuple[str, ...] = ()
    when_named: bool = False


def _pytest(*arguments: str) -> tuple[str, ...]:
    return ("{python}", "-m", "pytest", "-q", "--no-header", *arguments)


_PATHS = ":".join(f"{{root}}/services/{service}/src" for service in SERVICES)
# What runs in Ansible without its filters: a filter file may be named like a module of the standard library.
_NO_MODULES = "/(files|filter_plugins|python)/"
_HOST_PATHS = ":".join(f"{{root}}/{package.rpartition('/')[0]}" for package in _ON_THE_HOST)
_SOURCES = {"PYTHONPATH": _PATHS, "MYPYPATH": f"{_PATHS}:{_HOST_PATHS}"}


def _mypy(*paths: str) -> tuple[str, ...]:
    return ("{python}", "-m", "mypy", "--config-file={root}/pyproject.toml", "--cache-dir={root}/.mypy_cache", *paths)


def _typed_tests_of(service: str) -> Step:
    # From the package's folder: the test modules of different packages share names.
    return Step(f"mypy {service}", (*_mypy("--explicit-package-bases"), "tests"), _SOURCES, f"services/{service}")


def _unit_tests_of(service: str) -> Step:
    # One process per package: their test modules share names, and each brings its own fixtures.
    return Step(f"pytest {service}", _pytest(f"services/{service}/tests/unit"), _SOURCES)


def _site(host: str, catalogue: str) -> tuple[str, ...]:
    inventory = f"{{root}}/.longhouse/hosts/{host}/inventory"
    return (
        *("{venv}/ansible-playbook", "-i", inventory, "site.yml"),
        *("-e", f"catalogue_file={{root}}/{catalogue}", "-e", '{{"catalogue_overrides": {{}}}}'),
    )


SUITES: tuple[Suite, ...] = (
    Suite(
        "lint",
        "style, types, house rules",
        (
            Step("ruff check", ("{python}", "-m", "ruff", "check", ".")),
            Step("ruff format", ("{python}", "-m", "ruff", "format", "--check", ".")),
            Step("mypy", _mypy("control", "roles/catalogue/python", *_ON_THE_HOST), _SOURCES),
            Step("mypy modules", _mypy("--exclude", _NO_MODULES, "roles")),
            Step("mypy sources", _mypy(*(f"services/{service}/src" for service in SERVICES)), _SOURCES),
            Step("mypy tests", _mypy("tests"), _SOURCES),
            *(_typed_tests_of(service) for service in SERVICES),
            Step("import-linter", ("{venv}/lint-imports", "--config", "services/.importlinter"), _SOURCES),
            Step("yamllint", ("{venv}/yamllint", "-s", ".")),
            Step("ansible-lint", ("{venv}/ansible-lint", "--offline", "-q")),
            Step(
                "shellcheck",
                (
                    "{venv}/shellcheck",
                    *(f".ci/{script}" for script in ("run", "changed", "access", "release")),
                    "inventories/vault-password-client",
                ),
            ),
            Step(
                "workflows' shape",
                ("{venv}/check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS),
            ),
            Step("secrets", ("{python}", "-m", "control.testing.secret_scan")),
            Step("zizmor", ("{venv}/zizmor", "--offline", "--quiet", "--persona", "pedantic", ".github/workflows")),
        ),
    ),
    Suite(
        "unit",
        "projections, modules, lhctl, domain, rendered templates",
        (
            Step("pytest tests/unit tests/alerts", _pytest("tests/unit", "tests/alerts", "-n", "2")),
            *(_unit_tests_of(service) for service in SERVICES if service != "contracts"),
            Step("pytest contracts", _pytest("services/contracts/tests"), _SOURCES),
        ),
    ),
    Suite(
        "audit",
        "no locked package has a known vulnerability, and none of Debian's on a host one that is mended",
        (
            Step("pip-audit", ("{python}", "-m", "control.testing.advisories")),
            Step("debsecan", ("{python}", "-m", "control.testing.debian_advisories", "{host}")),
        ),
        needs_host=True,
        when_named=True,
    ),
    Suite(
        "services",
        "each service against real PostgreSQL, Redis and RabbitMQ",
        (Step("services on the host", ("{python}", "-m", "control.testing.services_on_host", "{host}")),),
        needs_host=True,
    ),
    Suite(
        "e2e",
        "a client through HTTPS, from registration to the delivered email",
        (Step("pytest tests/e2e", _pytest("tests/e2e"), {"LONGHOUSE_HOST": "{host}"}),),
        needs_host=True,
    ),
    Suite(
        "console",
        "the console in a real browser: every view, in light and dark, on a phone, in trouble",
        (Step("pytest tests/console", _pytest("tests/console"), {"LONGHOUSE_HOST": "{host}"}),),
        needs_host=True,
    ),
    Suite(
        "hostile",
        "smuggled, slow, spoofed, forged and injected requests: no 5xx, no leak, nobody else goes short",
        (Step("pytest tests/hostile", _pytest("tests/hostile"), {"LONGHOUSE_HOST": "{host}"}),),
        needs_host=True,
    ),
    Suite(
        "faults",
        "nothing lost and nothing twice, whatever dies, freezes or fills up meanwhile",
        (Step("python -m tests.faults", ("{python}", "-m", "tests.faults", "--host", "{host}")),),
        needs_host=True,
        options=("seed", "schedules", "only", "fault"),
    ),
    Suite(
        "drills",
        "something breaks on a live host: the right alert comes, and no other",
        (Step("pytest tests/drills", _pytest("tests/drills", "-s"), {"LONGHOUSE_HOST": "{host}"}),),
        needs_host=True,
        when_named=True,
    ),
    Suite(
        "host",
        "the site: converge, idempotence, check mode, changes, interruption, reboot",
        (
            Step("sandbox hosts", _pytest("tests/sandbox")),
            Step("convergence", _pytest("tests/convergence"), {"LONGHOUSE_HOST": "{host}"}),
            Step("molecule default", ("{venv}/molecule", "test")),
        ),
        needs_host=True,
    ),
    Suite(
        "releases",
        "releases under traffic, broken ones, and ones killed at every step",
        (
            Step("boot a host", ("{python}", "-m", "control", "boot", "--host", RELEASES_HOST)),
            Step("provision it with the echo services", _site(RELEASES_HOST, "tests/fixtures/echo-catalogue.yml")),
            Step("pytest tests/releases", _pytest("tests/releases"), {"LONGHOUSE_HOST": RELEASES_HOST}),
        ),
        when_named=True,
    ),
    Suite(
        "foreign",
        "docs/adding-a-service.md to the letter, with applications that know nothing of Longhouse",
        (Step("pytest tests/foreign", _pytest("tests/foreign"), {"LONGHOUSE_HOST": FOREIGN_HOST}),),
        when_named=True,
    ),
    Suite(
        "backups",
        "a lost host comes back from its store; the runbook's own commands bring data back; damage is noticed",
        (
            Step("boot a host", ("{python}", "-m", "control", "boot", "--host", BACKUPS_HOST)),
            Step(
                "boot a host for the store",
                ("{python}", "-m", "control", "boot", "--host", f"{BACKUPS_HOST}-store", "--groups", "objectstore"),
            ),
            Step("pytest tests/backups", _pytest("tests/backups", "-s"), {"LONGHOUSE_HOST": BACKUPS_HOST}),
        ),
        when_named=True,
    ),
    Suite(
        "upgrade",
        "a host of an earlier release becomes one of today under load, and loses nothing",
        (Step("pytest tests/upgrade", _pytest("tests/upgrade", "-s"), {"LONGHOUSE_HOST": UPGRADE_HOST}),),
        when_named=True,
    ),
    Suite(
        "certificates",
        "an ACME authority on the host: issued, renewed under kept connections, recalled, and failing without harm",
        (
            Step(
                "boot a host",
                ("{python}", "-m", "control", "boot", "--host", CERTIFICATES_HOST, "--groups", "edge,monitoring"),
            ),
            Step("pytest tests/certificates", _pytest("tests/certificates"), {"LONGHOUSE_HOST": CERTIFICATES_HOST}),
        ),
        when_named=True,
    ),
)
