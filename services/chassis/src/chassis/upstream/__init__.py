"""Calls to other services: one deadline, retries inside it, a breaker around it."""
