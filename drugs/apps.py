"""The app's registration."""

from django.apps import AppConfig


class DrugsConfig(AppConfig):
    """The formulary."""

    name = "drugs"
    verbose_name = "Formulary"
    default_auto_field = "django.db.models.BigAutoField"
