"""What the suites of this service share; never imported by running processes."""
