"""Whether a certificate is due, and asking for it. Runs as the account of the authority's client, not as root."""

from __future__ import annotations

import datetime
import fcntl
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from longhouse_certificate import pair, renewal_info
from longhouse_certificate.pair import Pair
from longhouse_certificate.plan import CertificateError, Plan, is_address

SETTINGS = "settings"


def renew(plan: Plan, *, asked: bool) -> str:
    """Get a new pair when one is due, or when somebody asked for it; returns what was done and why."""
    with _alone(plan):
        reason = "asked for" if asked else due(plan, pair.now())
        if not reason:
            return "nothing is due"
        _order(plan)
        plan.authority.write_text(f"{plan.directory}\n", encoding="utf-8")
    return f"issued: {reason}"


def due(plan: Plan, now: datetime.datetime) -> str:
    """Why a new certificate is needed; "" when none is."""
    current = issued(plan)
    reason = outdated(plan, current)
    if current is None or reason:
        return reason
    life = current.leaf.not_valid_after_utc - current.leaf.not_valid_before_utc
    if current.leaf.not_valid_after_utc - now <= life / 3:
        return "a third of its life is left"
    try:
        moment = renewal_info.replace_at(plan, current.leaf)
    except (OSError, ValueError, KeyError) as error:
        # Its wish is not known; the rule above does not depend on it.
        print(f"the authority does not say when it wants the certificate replaced: {error!r}")
        return ""
    return "the authority wants it replaced" if moment is not None and moment <= now else ""


def outdated(plan: Plan, current: Pair | None) -> str:
    """Why what was issued is not what the inventory asks for; nobody else needs to be asked."""
    if current is None:
        return "there is none yet"
    if current.names != set(plan.names):
        return "the names changed"
    known = plan.authority.read_text(encoding="utf-8").strip() if plan.authority.exists() else ""
    return "" if known == plan.directory else "the authority changed"


def issued(plan: Plan) -> Pair | None:
    """The newest pair the authority gave."""
    return pair.load(plan.issued / "fullchain.pem", plan.issued / "privkey.pem")


def _order(plan: Plan) -> None:
    challenges = plan.webroot / ".well-known" / "acme-challenge"
    challenges.mkdir(mode=0o755, parents=True, exist_ok=True)
    (plan.state / SETTINGS).write_text(settings(plan), encoding="utf-8")
    words = ["dehydrated", "--cron", "--force", "--no-lock", "--accept-terms", "--config", str(plan.state / SETTINGS)]
    words += ["--domain", " ".join(map(_identifier, plan.names)), "--alias", plan.issued.name]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, flush=True)
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if "ERROR" in line or "detail" in line]
        raise CertificateError(f"{plan.directory} gave no certificate: {' '.join(lines) or 'see above'}")


def settings(plan: Plan) -> str:
    """What dehydrated reads, as the shell does."""
    chosen = {
        "CA": plan.directory,
        "CONTACT_EMAIL": plan.email,
        "BASEDIR": str(plan.state),
        "WELLKNOWN": str(plan.webroot / ".well-known" / "acme-challenge"),
        "KEY_ALGO": "prime256v1",
        "PRIVATE_KEY_RENEW": "yes",
        "CURL_OPTS": f"--cacert {plan.ca_file}" if plan.ca_file else "",
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in chosen.items())


def _identifier(name: str) -> str:
    return f"ip:{name}" if is_address(name) else name


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    # Not dehydrated's own, the file `lock`: that stays when the process is killed, and nothing is ever renewed again.
    with (plan.state / "renewing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
