"""Signatures of artifacts in minisign's format: whoever has minisign can check them.

A key is one file, an Ed25519 key as PEM. A signature lies beside its artifact as `<artifact>.<key id>.minisig`, so that
hosts which trust different keys (sandbox hosts, a server) take the same artifact.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)  # fmt: skip

from control import files, layout
from control.artifacts.model import BuildError

KEY = "artifact.key"
# minisign's names of a key, and of a signature over the BLAKE2b-512 hash of a file.
OF_KEY, OF_HASH = b"Ed", b"ED"


@dataclass(frozen=True)
class SigningKey:
    """`id` names it: 8 bytes, which hosts find in the public half."""

    private: Ed25519PrivateKey

    @classmethod
    def ensure(cls, path: Path) -> SigningKey:
        """The key in this file, made there when there is none."""
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            scratch = path.with_name(f".{path.name}.{os.getpid()}")
            scratch.touch(mode=0o600)
            scratch.write_bytes(made)
            # A link, not a rename: of two at once the first one stays.
            try:
                path.hardlink_to(scratch)
            except FileExistsError:
                pass
            finally:
                scratch.unlink()
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        try:
            private = load_pem_private_key(path.read_bytes(), None)
        except ValueError as error:
            raise BuildError(f"{path}: is no key ({error}); put the key back from your copy") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise BuildError(f"{path}: is no Ed25519 key; put the key back from your copy")
        return cls(private)

    @property
    def raw_public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> bytes:
        return hashlib.blake2b(self.raw_public, digest_size=8).digest()

    @property
    def public(self) -> str:
        """The public half as minisign writes it, for `platform_artifact_key`."""
        return base64.b64encode(OF_KEY + self.id + self.raw_public).decode()

    def sign(self, artifact: Path) -> Path:
        """Write the signature of a file, unless it has this very one; same file and key, same bytes."""
        digest = hashlib.blake2b(artifact.read_bytes()).digest()
        comment = f"file:{artifact.name}\thashed"
        made = self.private.sign(digest)
        over_both = self.private.sign(made + comment.encode())
        text = (
            "untrusted comment: signature of a Longhouse artifact\n"
            f"{base64.b64encode(OF_HASH + self.id + made).decode()}\n"
            f"trusted comment: {comment}\n"
            f"{base64.b64encode(over_both).decode()}\n"
        )
        path = artifact.with_name(f"{artifact.name}.{self.id.hex()}.minisig")
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            files.replace(path, text)
        return path


def key_files() -> list[Path]:
    """Where keys are: the project's, which `./longhouse init` made, and this clone's, for its sandbox hosts.

    :raises BuildError: the project's key is named and not there; what is built without it no server would take.
    """
    named = os.environ.get("LONGHOUSE_SIGNING_KEY")
    if named and not Path(named).exists():
        raise BuildError(f"{named}: is not there, but LONGHOUSE_SIGNING_KEY names it; put the key there, or unset it")
    places = [Path(named) if named else Path.home() / ".longhouse" / KEY, layout.STATE / KEY]
    return [path for path in places if path.exists()]


def sign_all(artifacts: Iterable[Path], places: Iterable[Path]) -> None:
    """Sign with the keys in these files; without one, artifacts keep the signatures they came with."""
    keys = [SigningKey.read(path) for path in places]
    for artifact in artifacts:
        for key in keys:
            key.sign(artifact)


def with_signatures(artifact: Path) -> list[Path]:
    """The artifact and every signature beside it."""
    return [artifact, *sorted(artifact.parent.glob(f"{artifact.name}.*.minisig"))]
