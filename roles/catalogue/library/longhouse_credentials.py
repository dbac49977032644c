#!/usr/bin/python
"""Keep the encrypted credentials of the services as systemd reads them."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_atomic import remove_unfinished, sync_directory, write_atomically

DOCUMENTATION = r"""
module: longhouse_credentials
short_description: Reconcile systemd credentials, encrypted to this host
description:
  - Writes O(path)/<service>/<name> with C(systemd-creds encrypt --name=<name>), for C(LoadCredentialEncrypted=).
  - A credential that decrypts to the intended value is not touched; what is not intended is removed.
  - Values reach systemd-creds by its standard input, and never an argument, a file in clear, a log or a diff.
options:
  path: {description: "Directory that belongs to this module alone.", type: path, required: true}
  credentials: {description: "C(<service>/<name>) to value.", type: dict, required: true}
"""
EXAMPLES = r"""
- name: Hand over the secrets
  longhouse_credentials:
    path: /etc/longhouse/credentials
    credentials: "{{ release_credentials }}"
  no_log: true
"""
RETURN = r"""
changed_names: {description: "Credentials with a new value, C(<service>/<name>), sorted.", type: list, returned: always}
removed: {description: "Credentials that were removed.", type: list, returned: always}
"""
NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


class Credentials:
    """The credentials directory of this host."""

    def __init__(self, module: AnsibleModule) -> None:
        self.path = Path(module.params["path"])
        self.wanted: dict[str, bytes] = {name: text.encode() for name, text in module.params["credentials"].items()}
        self.program = module.get_bin_path("systemd-creds", required=True)

    def present(self) -> list[str]:
        """Names of everything in the directory, two levels deep."""
        return sorted(str(entry.relative_to(self.path)) for entry in self.path.glob("*/*"))

    def different(self) -> list[str]:
        """Names whose credential is missing, unreadable on this host, of another value or open to others."""
        return [name for name, value in sorted(self.wanted.items()) if not self._holds(self.path / name, value)]

    def _holds(self, path: Path, value: bytes) -> bool:
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) != FILE_MODE or found.st_uid != os.geteuid():
            return False
        opened = self._systemd_creds("decrypt", path.name, str(path), b"")
        return opened.returncode == 0 and opened.stdout == value

    def write(self, name: str) -> None:
        """Encrypt one credential to this host; raises OSError with systemd's reason when it cannot."""
        path = self.path / name
        for directory in (self.path, path.parent):
            directory.mkdir(parents=True, exist_ok=True, mode=DIRECTORY_MODE)
            directory.chmod(DIRECTORY_MODE)
        sealed = self._systemd_creds("encrypt", path.name, "-", self.wanted[name])
        if sealed.returncode != 0:
            raise OSError(f"systemd-creds could not encrypt '{name}': {sealed.stderr.decode(errors='replace').strip()}")
        write_atomically(path, sealed.stdout, mode=FILE_MODE, uid=os.geteuid(), gid=os.getegid())
        remove_unfinished(path.parent)
        sync_directory(path.parent)

    def remove(self, name: str) -> None:
        """Remove one credential, and its directory with the last one."""
        path = self.path / name
        path.unlink()
        if not os.listdir(path.parent):
            path.parent.rmdir()

    def _systemd_creds(self, verb: str, name: str, source: str, content: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [self.program, verb, f"--name={name}", source, "-"]
        return subprocess.run(command, input=content, capture_output=True, check=False)


def main() -> None:
    """Entry point for Ansible."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "credentials": {"type": "dict", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    for name, value in module.params["credentials"].items():
        if not NAME.fullmatch(name):
            module.fail_json(msg=f"credentials: '{name}' does not read <service>/<name>")
        if not isinstance(value, str):
            module.fail_json(msg=f"credentials: the value of '{name}' is {type(value).__name__}, not text")
    credentials = Credentials(module)
    different = credentials.different()
    removed = [name for name in credentials.present() if name not in credentials.wanted]
    if not module.check_mode:
        try:
            for name in different:
                credentials.write(name)
            for name in removed:
                credentials.remove(name)
        except OSError as error:
            module.fail_json(msg=f"{credentials.path}: {error}")
    module.exit_json(changed=bool(different or removed), changed_names=different, removed=removed)


if __name__ == "__main__":
    main()
