"""`./longhouse init`: the inventory of a server of one's own, with its secrets made and encrypted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from control import layout
from control.inventory.creation import VAULT, Created, Wish, create


def run(arguments: argparse.Namespace) -> int:
    wish = Wish(arguments.environment, arguments.address, arguments.domain, arguments.user)
    created = create(layout.REPOSITORY, Path.home(), wish)
    if arguments.json:
        paths = {"inventory": str(created.folder), "vault_password_file": str(created.password_file)}
        print(json.dumps({"ok": True, "environment": wish.environment, **paths}))
    else:
        print(_story(wish, created))
    return 0


def _story(wish: Wish, created: Created) -> str:
    made = "made" if created.password_is_new else "used, it was there"
    return f"""\
{created.folder}: {wish.address} serves https://{wish.domain}; its secrets are made and encrypted
{created.password_file}: the vault password ({made}); ansible-playbook finds it, git never sees it
~/.longhouse/artifact.key signs what you build; the server takes nothing else
  Keep copies of ~/.longhouse elsewhere: without the password and {created.folder / VAULT} nobody reads the backups.

next  1. {created.folder}/group_vars/all/platform.yml: your mail relay (SMTP_…); its password, when it has one:
         . .venv/bin/activate && ansible-vault edit {created.folder / VAULT}
      2. ssh {wish.user}@{wish.address} true                     # once, so that its host key is known
      3. ansible-playbook -i {created.folder} site.yml
      4. git add {created.folder} && git commit       # vault.yml is encrypted"""
