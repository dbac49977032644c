"""What stands behind `./longhouse`: sandbox hosts, artifacts, the demo order, tests. No service code, no host code."""
