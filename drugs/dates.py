"""Days as a person writes them, in the formulary's words and pages."""

from datetime import date

from django.utils.formats import date_format


def written(day: date) -> str:
    """14 Sep 2026."""
    return date_format(day, "j M Y")
