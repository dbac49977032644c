"""The web application."""

from chassis.app import create_app
from chassis.settings import load_settings
from notifications.notifications.routes import router
from notifications.settings import NotificationSettings

app = create_app(title="Longhouse notifications", settings=load_settings(NotificationSettings), routers=[router])
