"""The operator's hand on events: what waits, what died and why, and sending it again."""
