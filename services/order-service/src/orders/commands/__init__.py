"""Processes beside the web unit."""
