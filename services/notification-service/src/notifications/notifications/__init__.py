"""The record of what people were told, and its API."""
