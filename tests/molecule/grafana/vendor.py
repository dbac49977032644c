"""A signed Debian repository with a package `grafana` in two versions, and one more that is Debian's business.

`vendor.py FOLDER`, on the host that shall use it; FOLDER/public is what a server shall serve.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

UNIT = """[Unit]
Description=Grafana instance

[Service]
EnvironmentFile=/etc/default/grafana-server
User=grafana
Group=grafana
Restart=on-failure
WorkingDirectory=/usr/share/grafana
RuntimeDirectory=grafana
ExecStart=/usr/share/grafana/bin/grafana server --config=${CONF_FILE} --packaging=deb

[Install]
WantedBy=multi-user.target
"""
# As the vendor's does: an account, its directory, and rights under /etc that are its own idea.
AFTER = """#!/bin/sh
set -e
getent passwd grafana >/dev/null || useradd --system --user-group --no-create-home --shell /bin/false grafana
install -d -o grafana -g grafana /var/lib/grafana /var/log/grafana
find /etc/grafana -type f -exec chown root:grafana {} + -exec chmod 640 {} +
"""
# Small, and on no host before.
NEEDED = "hello"
FILES = {
    "usr/lib/systemd/system/grafana-server.service": UNIT,
    "etc/default/grafana-server": "CONF_FILE=/etc/grafana/grafana.ini\n",
    "etc/grafana/provisioning/dashboards/sample.yaml": "# apiVersion: 1\n",
    "DEBIAN/postinst": AFTER,
}


def package(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Build one package and return its path."""
    tree = folder / "tree" / f"{name}-{version}"
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <a@example.com>\n"
    control += f"Depends: {NEEDED}\n" if name == "grafana" else ""
    for path, content in {**files, "DEBIAN/control": f"{control}Description: stand-in\n"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(content, encoding="utf-8")
        (tree / path).chmod(0o755 if path == "DEBIAN/postinst" else 0o644)
    if name == "grafana":
        (tree / "usr/share/grafana/bin").mkdir(parents=True)
        shutil.copy(folder / "stand_in.py", tree / "usr/share/grafana/bin/grafana")
    built = folder / "public" / "pool" / f"{name}_{version}_all.deb"
    built.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(tree), str(built)], check=True)
    return built


def described(deb: Path, public: Path) -> str:
    """A package's paragraph in the repository's list."""
    fields = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    return f"{fields}Filename: {deb.relative_to(public)}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n"


def main() -> None:
    folder = Path(sys.argv[1])
    public = folder / "public"
    debs = [package(folder, "grafana", version, FILES) for version in ("1.2.3", "9.9.9")]
    # Newer than Debian's, which it must not replace.
    debs.append(package(folder, NEEDED, "999", {}))
    suite = public / "dists" / "stable"
    (suite / "main" / "binary-amd64").mkdir(parents=True)
    listed = "\n".join(described(deb, public) for deb in debs).encode()
    (suite / "main/binary-amd64/Packages").write_bytes(listed)
    release = (
        "Origin: vendor\nSuite: stable\nCodename: stable\nArchitectures: amd64\nComponents: main\n"
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} UTC\nSHA256:\n"
        f" {hashlib.sha256(listed).hexdigest()} {len(listed)} main/binary-amd64/Packages\n"
    )
    home = folder / "keys"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", "vendor", "ed25519", "sign", "never"], check=True)
    signed = subprocess.run([*gpg, "--clearsign"], input=release.encode(), capture_output=True, check=True).stdout
    key = subprocess.run([*gpg, "--armor", "--export"], capture_output=True, check=True).stdout
    (public / "gpg.key").write_bytes(key)
    (suite / "InRelease").write_bytes(signed)


if __name__ == "__main__":
    main()
