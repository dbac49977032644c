"""Events between services: outbox -> relay -> broker -> consumer -> inbox. Nothing lost, nothing applied twice."""
