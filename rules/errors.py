"""What can be wrong with the rulebook. Odd facts are never an error: they become findings."""


class RulebookError(Exception):
    """The rulebook's data cannot be used; the message names file, line or key, and what is wrong."""


class DuplicateKey(RulebookError):
    """A mapping of a rule file holds the same key twice."""


class UncitedValue(RulebookError):
    """A value of a rule file has no source, or names one that `sources.yaml` does not hold."""


class UnknownKey(RulebookError):
    """A rule file holds a key that the rulebook does not know."""


class BadValue(RulebookError):
    """A value is not one of those its key takes."""


class OverlappingPeriods(RulebookError):
    """Two values of one key are in force on the same date."""


class ParameterNotInForce(RulebookError):
    """A value is asked for on a date on which none is in force."""
