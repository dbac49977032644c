"""The application gunicorn serves."""

from chassis.settings import load_settings
from users.application import build_application
from users.settings import UserSettings

app = build_application(load_settings(UserSettings))
