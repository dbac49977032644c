"""Who is calling: access tokens, ended sessions, guards for routes."""
