"""The program of role backup, without a database."""
