"""Grafana's dashboards, made of what the console asks and what Prometheus records."""
