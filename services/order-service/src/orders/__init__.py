"""order-service: who ordered what, and how far it is."""
