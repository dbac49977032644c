"""Notifications: which event tells whom what, over which channel, and what became of each delivery."""
