"""Puts the web application together."""

from fastapi import FastAPI

from chassis.app import create_app
from notifications.delivery.metrics import open_deliveries
from notifications.notifications.routes import router
from notifications.settings import NotificationSettings


def build_application(settings: NotificationSettings) -> FastAPI:
    """The application for ``settings``."""
    return create_app(title="Longhouse notifications", settings=settings, routers=[router], samples=[open_deliveries])
