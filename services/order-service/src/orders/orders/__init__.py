"""The order itself: its rules, its rows, its routes."""
