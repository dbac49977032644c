"""Runs ASGI and WSGI applications that know nothing of Longhouse the way the host expects services to run.

The application is never changed: gunicorn loads it, and what the host needs (readiness with the release's name, drain,
watchdog, secrets) is put around it here.
"""
