"""Logs with native journal fields, the trace of a request, counters."""
