"""The application gunicorn serves."""

from chassis.settings import ServiceSettings, load_settings
from orders.application import build_application

app = build_application(load_settings(ServiceSettings))
