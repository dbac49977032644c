"""The console's server: reads what the host knows about itself and tells it to admins as JSON."""
