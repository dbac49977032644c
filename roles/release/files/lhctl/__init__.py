"""lhctl: the release controller of one host. Standard library only; it must run when nothing else is installed."""
