"""`./longhouse init`: an inventory made once, its secrets encrypted, nothing of anybody's overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from control import cli, layout
from control.errors import RefusedError
from control.inventory import creation
from control.inventory.creation import EXAMPLES, FILES, VAULT, Created, Wish, create

ANSIBLE = Path(sys.executable).parent
CLIENT = layout.REPOSITORY / "inventories/vault-password-client"
WISH = Wish("production", "203.0.113.7", "shop.example.org", "deployer")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone as it is given: with the examples."""
    root = tmp_path / "clone"
    for environment in EXAMPLES:
        for name in FILES:
            file = root / "inventories" / environment / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(creation.example(environment, name))
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def variables(root: Path, created: Created, home: Path) -> dict[str, object]:
    """What Ansible itself reads from the written inventory, with the password where it looks for it."""
    folder, client = root / created.folder, f"production@{CLIENT}"
    done = subprocess.run(
        [ANSIBLE / "ansible-inventory", "-i", folder, "--host", "main"],
        cwd=layout.REPOSITORY, capture_output=True, text=True, check=False,
        env=os.environ | {"HOME": str(home), "ANSIBLE_VAULT_IDENTITY_LIST": client},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read: dict[str, object] = json.loads(done.stdout)
    return read


def test_ansible_reads_what_was_written(root: Path, home: Path) -> None:
    created = create(root, home, WISH)
    read = variables(root, created, home)
    assert (read["ansible_host"], read["ansible_user"]) == ("203.0.113.7", "deployer")
    assert (read["platform_environment"], read["platform_domain"]) == ("production", "shop.example.org")
    assert len(str(read["vault_master_secret"])) >= 48


def test_the_secrets_are_encrypted_at_rest_and_the_password_is_outside_and_private(root: Path, home: Path) -> None:
    created = create(root, home, WISH)
    sealed = (root / created.folder / VAULT).read_text()
    assert sealed.startswith("$ANSIBLE_VAULT;1.2;AES256;production\n")
    assert "vault_master_secret" not in sealed
    assert created.password_is_new
    assert created.password_file.stat().st_mode & 0o777 == 0o600
    assert created.password_file.parent.stat().st_mode & 0o777 == 0o700
    assert not created.password_file.is_relative_to(root)
    password = created.password_file.read_bytes().strip()
    assert all(password not in content for content in contents(root).values())


def test_nobody_without_the_password_reads_them(root: Path, home: Path, tmp_path: Path) -> None:
    created = create(root, home, WISH)
    with pytest.raises(AssertionError, match=r"vault\.yml|[Dd]ecrypt"):
        variables(root, created, tmp_path / "somebody else")


def test_a_second_call_is_refused_in_one_line_and_changes_nothing(root: Path, home: Path) -> None:
    create(root, home, WISH)
    before = contents(root) | contents(home)
    with pytest.raises(RefusedError) as refused:
        create(root, home, WISH)
    assert "vault.yml: is filled in already" in str(refused.value)
    assert "ansible-vault edit" in str(refused.value)
    assert contents(root) | contents(home) == before


@pytest.mark.parametrize("name", FILES)
def test_what_somebody_wrote_is_never_overwritten(root: Path, home: Path, name: str) -> None:
    file = root / "inventories/production" / name
    file.write_text(file.read_text() + "# mine\n")
    before = contents(root)
    with pytest.raises(RefusedError, match="is filled in already"):
        create(root, home, WISH)
    assert contents(root) == before
    assert not home.exists()


def test_a_call_that_was_killed_is_continued(root: Path, home: Path) -> None:
    create(root, home, WISH)
    password = contents(home)
    # The encrypted file is the last one written.
    (root / "inventories/production" / VAULT).write_text(creation.example("production", VAULT))
    created = create(root, home, WISH)
    assert contents(home) == password
    assert not created.password_is_new
    assert variables(root, created, home)["ansible_host"] == "203.0.113.7"


def test_an_open_password_file_is_refused(root: Path, home: Path) -> None:
    created = create(root, home, WISH)
    (root / "inventories/production" / VAULT).unlink()
    created.password_file.chmod(0o644)
    with pytest.raises(RefusedError, match="chmod 600"):
        create(root, home, WISH)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (Wish("prod", "203.0.113.7", "shop.example.org"), "init 'prod'"),
        (Wish("production", "my server", "shop.example.org"), "--host 'my server'"),
        (Wish("production", "203.0.113.7", "https://shop.example.org"), "--domain 'https://shop.example.org'"),
        (Wish("production", "203.0.113.7", "shop.example.org", "a: b"), "--user 'a: b'"),
    ],
)
def test_a_value_that_will_not_do_is_named_before_anything_changes(
    root: Path, home: Path, wish: Wish, named: str
) -> None:
    before = contents(root)
    with pytest.raises(RefusedError) as refused:
        create(root, home, wish)
    assert str(refused.value).startswith(named)
    assert contents(root) == before
    assert not home.exists()


def test_the_command_line_says_what_to_do_next(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layout, "REPOSITORY", root)
    monkeypatch.setenv("HOME", str(home))
    command = ["init", "production", "--host", "203.0.113.7", "--domain", "shop.example.org"]
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "ansible-playbook -i inventories/production site.yml" in said
    master = variables(root, Created(Path("inventories/production"), home, password_is_new=True), home)
    assert str(master["vault_master_secret"]) not in said
    assert cli.main([*command, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_an_environment_without_a_password_is_answered_with_one_nobody_knows(home: Path) -> None:
    ask = [str(CLIENT), "--vault-id", "staging"]
    answers = {subprocess.check_output(ask, env={"HOME": str(home), "PATH": os.environ["PATH"]}) for _ in range(2)}
    assert len(answers) == 2
    assert all(len(answer) == 64 for answer in answers)


@pytest.mark.parametrize("environment", EXAMPLES)
def test_the_examples_are_what_the_templates_give(environment: str) -> None:
    """Otherwise init would take them for somebody's work. A clone that is in use has an encrypted file instead."""
    folder = layout.REPOSITORY / "inventories" / environment
    if not (folder / VAULT).read_text().startswith("$ANSIBLE_VAULT"):
        assert {name: (folder / name).read_text() for name in FILES} == {
            name: creation.example(environment, name) for name in FILES
        }
    hosts = yaml.safe_load((folder / "hosts.yml").read_text())
    assert {"edge", "postgresql", "redis", "rabbitmq", "app", "monitoring"} < set(hosts)
