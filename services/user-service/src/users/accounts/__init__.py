"""Accounts: the people, their passwords and their rights."""
