"""The Django application `encounters`."""

from django.apps import AppConfig


class EncountersConfig(AppConfig):
    """Names the application."""

    name = "encounters"
