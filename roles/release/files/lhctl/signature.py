"""Whether an artifact is signed by the key that this host trusts; minisign judges."""

from __future__ import annotations

import base64
import binascii
import subprocess
from pathlib import Path

from lhctl.errors import StepFailedError

PROGRAM = "/usr/bin/minisign"
KEY_ID = slice(2, 10)
KEY_LENGTH = 42


def check_signature(artifact: Path, trusted: Path) -> None:
    """Raises StepFailedError: there is no signature by this key, or it is not over this file."""
    key_id = key_id_of(trusted)
    signature = artifact.with_name(f"{artifact.name}.{key_id}.minisig")
    if not signature.exists():
        raise StepFailedError(
            f"{artifact}: is not signed by key {key_id}, the only one {trusted} trusts; "
            "build it where that key is, then deploy again"
        )
    command = [PROGRAM, "-V", "-q", "-p", str(trusted), "-x", str(signature), "-m", str(artifact)]
    try:
        judged = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StepFailedError(f"{PROGRAM}: not on this host; run site.yml, it brings it") from None
    if judged.returncode:
        raise StepFailedError(
            f"{artifact}: its signature by key {key_id} does not hold, it was changed after it was built; build it"
        )


def key_id_of(trusted: Path) -> str:
    """The key's name in hexadecimal, as file names of signatures have it."""
    try:
        raw = base64.b64decode(trusted.read_text().strip().splitlines()[-1], validate=True)
    except (IndexError, binascii.Error):
        raw = b""
    if len(raw) != KEY_LENGTH:
        raise StepFailedError(f"{trusted}: is no minisign key; write platform_artifact_key again and run site.yml")
    return raw[KEY_ID].hex()
