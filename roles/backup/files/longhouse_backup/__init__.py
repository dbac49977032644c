"""Backups of the databases, restores of them, and the nightly proof that the ones lead to the others."""
