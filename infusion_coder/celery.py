"""The worker's application. A task is a nudge: what is to be done stands in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")

app = Celery("infusion_coder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
