"""The Celery application of beat: the workers', without their tasks, which it names and never runs.

Their modules bring all that a delivery needs, to a process that only looks at a clock.
"""

from celery import Celery  # type: ignore[import-untyped]

from notifications.celery_app import configuration, settings

app = Celery("notifications", set_as_current=True)
app.conf.update(configuration(settings) | {"imports": []})
