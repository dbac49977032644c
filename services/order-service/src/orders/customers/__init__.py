"""Who orders: what order-service has to know about people, and whom it asks."""
