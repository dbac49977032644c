"""A new service: its folder from templates and its entry in the catalogue, checked before either is written."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from control.errors import RefusedError

# The rules are those of the roles; control has no second copy of them.
RULES = Path(__file__).resolve().parents[2] / "roles/catalogue/python"
if str(RULES) not in sys.path:
    sys.path.insert(0, str(RULES))

from longhouse_catalogue.normalise import normalise  # noqa: E402
from longhouse_catalogue.ports import PLATFORM_PORTS, free_port, ports_of  # noqa: E402
from longhouse_catalogue.reading import CatalogueError, read  # noqa: E402

TEMPLATES = Path(__file__).with_name("templates")
CATALOGUE = Path("services/catalogue.yml")


@dataclass(frozen=True)
class Created:
    """`folder` is relative to the repository."""

    name: str
    folder: Path
    port: int


def create(root: Path, name: str, port: int | None = None) -> Created:
    """Make `services/<name>` and its catalogue entry; `port` defaults to the next free one.

    :raises RefusedError: one line: a bad or taken name, a taken port, a folder that is already there.
    """
    catalogue = root / CATALOGUE
    text = catalogue.read_text(encoding="utf-8")
    listed = _entries(text)
    # Checked before the port is chosen: what is wrong already is not this service's fault.
    _refuse_unsound(text)
    chosen = port if port is not None else _next_port([entry["port"] for entry in listed])
    created = Created(name, Path("services") / name, chosen)
    if (root / created.folder).exists():
        raise RefusedError(f"{created.folder}: is already there; choose another name, or remove it")
    words = {"name": name, "port": str(chosen)}
    extended = text.rstrip("\n") + "\n\n" + _rendered("entry.yml", words)
    _refuse_unsound(extended)
    _write(root / created.folder, words)
    catalogue.write_text(extended, encoding="utf-8")
    return created


def _entries(text: str) -> list[dict[str, int]]:
    try:
        entries: list[dict[str, int]] = read(text, str(CATALOGUE))["catalogue_services"]
    except CatalogueError as error:
        raise RefusedError(error.problems[0]) from None
    return entries


def _refuse_unsound(text: str) -> None:
    try:
        normalise(_entries(text), source=str(CATALOGUE))
    except CatalogueError as error:
        raise RefusedError(error.problems[0]) from None


def _next_port(ports: list[int]) -> int:
    taken = set(PLATFORM_PORTS) | {number for port in ports for number, _ in ports_of(port)}
    return free_port(taken, 8081)


def _write(folder: Path, words: dict[str, str]) -> None:
    """Beside its place first, so that a service is there whole or not at all."""
    scratch = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    for template in sorted(TEMPLATES.rglob("*.tmpl")):
        relative = template.relative_to(TEMPLATES)
        if relative.name == "entry.yml.tmpl":
            continue
        place = relative.parent / words["name"] if relative.parent.name == "src" else relative.parent
        target = scratch / place / relative.stem
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_rendered(str(relative.with_suffix("")), words), encoding="utf-8")
    scratch.rename(folder)


def _rendered(template: str, words: dict[str, str]) -> str:
    return Template((TEMPLATES / f"{template}.tmpl").read_text(encoding="utf-8")).substitute(words)
