"""What gunicorn serves."""

from chassis.settings import load_settings
from notifications.application import build_application
from notifications.settings import NotificationSettings

app = build_application(load_settings(NotificationSettings))
