"""The parts of a review's score that hang on no date: the database keeps them in the row, for the queue to sort by."""

from django.db.models import F, FloatField, Func, IntegerField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, Least, Ln

# The score's parts at their fullest; together 100.
MOST_FOR_AGE = 40
MOST_FOR_VALUE = 20
MOST_FOR_FINDINGS = 25
MOST_FOR_FILING = 15
# The value part grows with the order of magnitude, and is full at this many US dollars.
VALUE_IS_FULL_AT = 10_000
POINTS_OF_A_BLOCK = 12
POINTS_OF_A_WARNING = 5
POINTS_OF_A_NOTE = 1


class Days(Func):
    """Whole days from the second date to the first."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


def points(most: int, share: Combinable) -> Cast:
    """`share` of `most` as whole points; below nothing is nothing, above the whole is the whole."""
    kept = Least(Greatest(share, Value(0.0), output_field=FloatField()), Value(1.0), output_field=FloatField())
    return Cast(kept * float(most), IntegerField())


def value_points() -> Cast:
    """By the order of magnitude of what is at stake."""
    dollars = Cast(Greatest(F("value_at_stake"), Value(0)), FloatField())
    return points(MOST_FOR_VALUE, Ln(dollars + 1.0) / Ln(Value(VALUE_IS_FULL_AT, output_field=FloatField())))


def finding_points() -> Least:
    """By the severity of the findings."""
    return Least(
        F("blocks") * POINTS_OF_A_BLOCK + F("warns") * POINTS_OF_A_WARNING + F("informs") * POINTS_OF_A_NOTE,
        Value(MOST_FOR_FINDINGS),
        output_field=IntegerField(),
    )


def target_days() -> Greatest:
    """From the date of service to when it is due, a day at least."""
    return Greatest(Days(F("due_date"), F("date_of_service")), Value(1), output_field=IntegerField())
