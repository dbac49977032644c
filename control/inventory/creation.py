"""`inventories/<environment>/` of a server of one's own: filled in once, with secrets nobody has to invent.

The committed examples are these templates with the values of EXAMPLES. A file that says anything else was written by
somebody, and stays as it is.
"""

from __future__ import annotations

import secrets
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from ansible.parsing.vault import VaultLib, VaultSecret

from control import files, layout
from control.artifacts.signature import KEY, SigningKey
from control.errors import RefusedError

# The rules are those of the roles; control has no second copy of them.
RULES = layout.REPOSITORY / "roles/catalogue/python"
if str(RULES) not in sys.path:
    sys.path.insert(0, str(RULES))

from longhouse_catalogue.inventory import addressable  # noqa: E402

TEMPLATES = Path(__file__).with_name("templates")
EXAMPLES = {
    "staging": {"address": "192.0.2.20", "domain": "staging.example.com"},
    "production": {"address": "192.0.2.10", "domain": "shop.example.com"},
}
USER = "root"
VAULT = "group_vars/all/vault.yml"
FILES = ("hosts.yml", "group_vars/all/platform.yml", VAULT)
PRIVATE = 0o600


@dataclass(frozen=True)
class Wish:
    """What the person gave: an address or name that ssh reaches, the name clients use, and who may become root."""

    environment: str
    address: str
    domain: str
    user: str = USER


@dataclass(frozen=True)
class Created:
    """`folder` holds the inventory, its secrets encrypted with the content of `password_file`."""

    folder: Path
    password_file: Path
    password_is_new: bool


def create(root: Path, home: Path, wish: Wish) -> Created:
    """Write the inventory below `root`, and its vault password below `home` unless that is there already.

    The encrypted file comes last: a call that was killed is continued by the same call, a finished one by none.
    :raises RefusedError: one line: a value that will not do, or a file that somebody filled in. Nothing was changed.
    """
    _refuse_unsound(wish)
    folder = root / "inventories" / wish.environment
    key_file = home / ".longhouse" / KEY
    key = SigningKey.read(key_file).public if key_file.exists() else ""
    begun = {name: _rendered(name, wish, artifact_key=key) for name in FILES if name != VAULT}
    for name in FILES:
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") not in {example(wish.environment, name), begun.get(name)}:
            raise RefusedError(_filled_in(path.relative_to(root), wish.environment))
    password_file = home / ".longhouse" / wish.environment / "vault-password"
    password_is_new = not password_file.exists()
    password = _make_password(password_file) if password_is_new else _read_password(password_file)
    key = SigningKey.ensure(key_file).public
    for name in FILES:
        if name != VAULT:
            files.replace(folder / name, _rendered(name, wish, artifact_key=key))
    files.replace(folder / VAULT, _encrypted(wish, password), PRIVATE)
    return Created(folder.relative_to(root), password_file, password_is_new)


def example(environment: str, name: str) -> str:
    """Content of a committed example."""
    return _rendered(name, Wish(environment, **EXAMPLES[environment]))


def _refuse_unsound(wish: Wish) -> None:
    if wish.environment not in EXAMPLES:
        raise RefusedError(f"init '{wish.environment}': no such environment; there are {' and '.join(EXAMPLES)}")
    if not addressable(wish.address):
        raise RefusedError(f"--host '{wish.address}': write the address or name of your server, like 203.0.113.7")
    if not addressable(wish.domain):
        raise RefusedError(f"--domain '{wish.domain}': write the name clients use, like shop.example.org")
    if not wish.user.replace("-", "").replace("_", "").isalnum():
        raise RefusedError(f"--user '{wish.user}': write the name of an account on the server, like root")


def _filled_in(path: Path, environment: str) -> str:
    edit = f"ansible-vault edit {path}" if path.name == Path(VAULT).name else f"edit {path}"
    return f"{path}: is filled in already and was left as it is; {environment} is made once, to change it: {edit}"


def _rendered(name: str, wish: Wish, *, master: str = "", artifact_key: str = "") -> str:
    template = (TEMPLATES / f"{Path(name).name}.tmpl").read_text(encoding="utf-8")
    values = {"environment": wish.environment, "address": wish.address, "domain": wish.domain, "user": wish.user}
    return Template(template).substitute(values, master=master, artifact_key=artifact_key)


def _encrypted(wish: Wish, password: bytes) -> bytes:
    text = _rendered(VAULT, wish, master=secrets.token_urlsafe(48))
    sealed: bytes = VaultLib().encrypt(text, VaultSecret(password), vault_id=wish.environment)
    return sealed


def _make_password(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(32).encode()
    files.replace(path, password + b"\n", PRIVATE)
    return password


def _read_password(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise RefusedError(f"{path}: others may read it (mode {mode:04o}); nothing was changed: chmod 600 {path}")
    password = path.read_bytes().strip()
    if not password:
        raise RefusedError(f"{path}: is empty; nothing was changed: remove it, or put the vault password there")
    return password
