"""Releases tried on a host of their own: killed at each step, broken in each way, under traffic."""
