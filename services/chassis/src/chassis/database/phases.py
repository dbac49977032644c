"""How far a migration goes: what takes something away waits until somebody asks for it (``phase = "contract"``)."""

from itertools import takewhile
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

CONTRACT = "contract"


class ContractFirstError(RuntimeError):
    """A revision that adds comes after one that takes away and has not run; the message names both and the way out."""


def current_revision(connection: Connection) -> str | None:
    """Return where the schema is; None for a database that was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def destination(config: Config, current: str | None, phase: str, service: str) -> str:
    """Return the revision to go to from ``current``. Raises ContractFirstError when there is no way to the newest.

    An empty database has no release before that could need what a revision takes away: it gets everything at once.
    """
    if current is None or phase == CONTRACT:
        return "head"
    waiting = [*ScriptDirectory.from_config(config).iterate_revisions("head", current)][::-1]
    adding = [*takewhile(lambda script: not _takes_away(script), waiting)]
    held = waiting[len(adding) :]
    after = [script.revision for script in held if not _takes_away(script)]
    if after:
        raise ContractFirstError(
            f"revision {after[0]} comes after {held[0].revision}, which takes something away and has not run: "
            f"release what came before it, then lhctl contract {service}, then this"
        )
    return adding[-1].revision if adding else current


def _takes_away(script: Script) -> bool:
    return getattr(script.module, "phase", "") == CONTRACT


def report(folder: str, revision: str | None) -> None:
    """Say in ``folder`` where the schema is, for whoever started the migration and cannot ask the database."""
    if folder:
        Path(folder, "revision").write_text(f"{revision or ''}\n", encoding="utf-8")


def retract(folder: str) -> None:
    """Take away what was said before: from now on nobody knows."""
    if folder:
        Path(folder, "revision").unlink(missing_ok=True)
