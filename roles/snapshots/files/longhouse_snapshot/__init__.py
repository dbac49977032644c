"""Snapshots of what a new host needs and no database holds, the nightly proof that they can be read, and archives."""
