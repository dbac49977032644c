"""Snapshots of what a new host needs and no database holds, and the nightly proof that they can be read."""
