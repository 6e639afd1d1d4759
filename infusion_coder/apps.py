"""The Django application of the composition root: it brings the system checks and begins sessions."""

from django.apps import AppConfig


class InfusionCoderConfig(AppConfig):
    """Registers the checks when Django is ready."""

    name = "infusion_coder"

    def ready(self) -> None:
        """Importing the module registers them, as Django's own applications do."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from infusion_coder import checks  # noqa: F401, PLC0415
        from infusion_coder.sign_in import timeout  # noqa: PLC0415

        user_logged_in.connect(timeout.begin, dispatch_uid="session-begins")
