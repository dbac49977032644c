"""Which version each secret has while it is rotated, and afterwards."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from longhouse_catalogue.secret_names import OVERLAPPING, SIGNING_KEY  # noqa: E402

# No secrets, or not replaceable: backups and snapshots of the past are read with their passwords, and so is Grafana's
# database with the key it was made with; the password that came into it then is Grafana's own from there on.
FIXED = (
    "backup/cipher_password", "backup/snapshot_password", "grafana/admin_password", "grafana/secret_key",
    "jwks", "previous",
)  # fmt: skip


def next_versions(
    versions: Mapping[str, Any], names: Iterable[str], supplied: Iterable[str] = (), only: Sequence[str] = ()
) -> dict[str, Any]:
    """`vault_secret_versions` of a rotation under way: what is rotated is one higher, and the one before is accepted
    where that is possible.

    `names` are those of all secrets, of which `supplied` come from others. `only` chooses: "redis_password" is that of
    every service, "order/redis_password" one. A rotation that was cut short is finished before another begins.
    Raises AnsibleFilterError when `only` names nothing that can be rotated.
    """
    able = sorted(set(names) - set(FIXED) - set(supplied))
    _refuse_unknown(only, able)
    if settled_versions(versions) != versions:
        return dict(versions)
    chosen = [name for name in able if not only or any(_means(word, name) for word in only)]
    newest = {name: _newest(versions.get(name)) for name in chosen}
    return {**versions, **{name: [old + 1, old] if _overlaps(name) else old + 1 for name, old in newest.items()}}


def settled_versions(versions: Mapping[str, Any]) -> dict[str, Any]:
    """The versions after it: old passwords are accepted no more, old signing keys until the next rotation.

    Tokens outlive a rotation; nobody shall be logged out by it.
    """
    return {
        name: version[0] if isinstance(version, list) and not _signs(name) else version
        for name, version in versions.items()
    }


def _means(word: str, name: str) -> bool:
    return word == name or name.endswith(f"/{word}")


def _overlaps(name: str) -> bool:
    return name.rpartition("/")[2] in OVERLAPPING


def _signs(name: str) -> bool:
    return name.endswith(f"/{SIGNING_KEY}")


def _newest(versions: Any) -> int:
    return max(versions) if isinstance(versions, list) else int(versions or 1)


def _refuse_unknown(only: Sequence[str], able: Sequence[str]) -> None:
    known = sorted({*able, *(name.rpartition("/")[2] for name in able)})
    for word in only:
        if not any(_means(word, name) for name in able):
            close = difflib.get_close_matches(word, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known)}"
            raise AnsibleFilterError(f"secrets: '{word}' cannot be rotated; {hint}")


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name of each filter and its function."""
        return {"catalogue_next_versions": next_versions, "catalogue_settled_versions": settled_versions}
