"""The Django application `encounters`."""

from django.apps import AppConfig


class EncountersConfig(AppConfig):
    """Names the application."""

    name = "encounters"

    def ready(self) -> None:
        """Let the formulary ask what its changes do to encounters, and code them again; keys come with who signs in."""
        # The models are not there yet when this module is read.
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from drugs import consequences  # noqa: PLC0415
        from encounters import keys, tasks  # noqa: PLC0415
        from encounters.impact import FormularyConsequences  # noqa: PLC0415

        consequences.register(FormularyConsequences(), code_again=tasks.code_again)
        user_logged_in.connect(keys.bring_keys)
