"""Which event makes which message, and for whom."""
