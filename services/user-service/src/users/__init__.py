"""user-service: who people are, whether they are logged in, and what they may do."""
