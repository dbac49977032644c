"""What the services' test suites share; never imported by running services."""
