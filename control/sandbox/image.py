"""The image every sandbox host starts from: a plain Debian 13 with systemd and ssh, made once and kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from control import layout
from control.errors import FailedError
from control.locking import locked
from control.progress import Report
from control.sandbox.apt_sources import SUITE, AptSettings, of_machine

PACKAGES = (
    "ca-certificates", "dbus", "iproute2", "openssh-server", "python3", "python3-apt",
    "sudo", "systemd", "systemd-sysv",
)  # fmt: skip
MAX_AGE = 14 * 24 * 3600

_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# Keys and identities belong to a host, not to its image; the network comes up by itself after every boot.
_FINISH = (
    'chroot "$1" update-ca-certificates',
    'chroot "$1" systemctl enable systemd-networkd.service',
    'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id',
)
_LOG_TAIL = 25


@dataclass(frozen=True)
class Inputs:
    """Everything an image depends on. Two equal inputs make interchangeable images."""

    suite: str
    packages: tuple[str, ...]
    apt: AptSettings
    certificates: tuple[str, ...]
    finish: tuple[str, ...]

    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def inputs_of_machine() -> Inputs:
    """A machine that needs extra CA certificates to reach its mirrors hands them on to the host."""
    certificates = tuple(path.read_text() for path in sorted(_CERTIFICATES.glob("**/*.crt")))
    return Inputs(SUITE, PACKAGES, of_machine(), certificates, _FINISH)


def ensure(report: Report) -> str:
    """Name of an image made from today's inputs within the last 14 days; builds it (about 30 s) when there is none."""
    inputs = inputs_of_machine()
    with locked(layout.IMAGES):
        fresh = newest(inputs.key(), time.time())
        if fresh is not None:
            return fresh
        report("building the Debian 13 image (once in 14 days)")
        name = f"{inputs.key()}-{int(time.time())}"
        _build(inputs, name)
        _remove_unused(keep=name)
        return name


def newest(key: str, now: float) -> str | None:
    """The latest image of these inputs that is younger than 14 days; its folder's name carries key and build time."""
    built = sorted(
        int(path.name.partition("-")[2]) for path in layout.IMAGES.glob(f"{key}-*") if path.name[13:].isdigit()
    )
    return f"{key}-{built[-1]}" if built and now - built[-1] < MAX_AGE else None


def root_of(name: str) -> Path:
    return layout.IMAGES / name / "root"


def _build(inputs: Inputs, name: str) -> None:
    partial = layout.IMAGES / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "certificates").mkdir(parents=True)
    for number, text in enumerate(inputs.certificates):
        (partial / "certificates" / f"machine-{number}.crt").write_text(text)
    # apt's lists stay in the image: a host that installs right after boot needs no download of them.
    command = ["mmdebstrap", "--variant=minbase", "--mode=root", "--skip=cleanup/apt/lists,cleanup/reproducible"]
    command += [f"--include={','.join(inputs.packages)}"]
    command += [f"--aptopt={option}" for option in inputs.apt.options]
    command += [f"--customize-hook=sync-in {partial}/certificates {_CERTIFICATES}"]
    command += [f"--customize-hook={step}" for step in inputs.finish]
    command += [inputs.suite, str(partial / "root"), "-" if inputs.apt.sources else ""]
    result = subprocess.run(
        [part for part in command if part],
        input="\n".join(inputs.apt.sources),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if result.returncode != 0:
        tail = "\n".join(result.stderr.splitlines()[-_LOG_TAIL:])
        shutil.rmtree(partial, ignore_errors=True)
        raise FailedError(
            "mmdebstrap could not build the image", detail=tail, hint="check that apt-get update works here"
        )
    partial.rename(layout.IMAGES / name)


def _remove_unused(keep: str) -> None:
    records = [json.loads(path.read_text()) for path in layout.HOSTS.glob("*/sandbox.json")]
    used = {record["image"] for record in records} | {keep}
    for path in layout.IMAGES.iterdir():
        if path.name not in used:
            shutil.rmtree(path)
