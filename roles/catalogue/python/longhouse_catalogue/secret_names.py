"""What the names of secrets mean: secrets.py derives by them, rotation.py replaces by them."""

from __future__ import annotations

SIGNING_KEY = "signing_key"
# The private half of an X25519 key: others seal to the public one what this service alone shall read.
SEALING_KEY = "sealing_key"
# Whose store accepts several at a time, so that one can follow another without a moment in which neither works.
OVERLAPPING = (SIGNING_KEY, "redis_password", "exporter_password")
