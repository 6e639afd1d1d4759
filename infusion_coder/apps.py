"""The Django application of the composition root: it brings the system checks."""

from django.apps import AppConfig


class InfusionCoderConfig(AppConfig):
    """Registers the checks when Django is ready."""

    name = "infusion_coder"

    def ready(self) -> None:
        """Importing the module registers them, as Django's own applications do."""
        from infusion_coder import checks  # noqa: F401, PLC0415
