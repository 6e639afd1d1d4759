"""The Django application `encounters`."""

from django.apps import AppConfig


class EncountersConfig(AppConfig):
    """Names the application."""

    name = "encounters"

    def ready(self) -> None:
        """Let the formulary ask what a change of it would do to encounters, and have them coded again after it."""
        # The models are not there yet when this module is read.
        from drugs import consequences  # noqa: PLC0415
        from encounters import tasks  # noqa: PLC0415
        from encounters.impact import FormularyConsequences  # noqa: PLC0415

        consequences.register(FormularyConsequences(), code_again=tasks.code_again)
