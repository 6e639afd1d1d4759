"""The same encounter on another day, for other payers and rules."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from rules.facts import Administration, EncounterFacts


def moved(facts: EncounterFacts, *, payer: str | None, facility: str | None, on: date) -> EncounterFacts:
    """The same encounter under other policy layers, and as if it had been on another day at the same times.

    Drugs keep the codes and prices of the day they were given: what differs is the rules and the payer.
    """
    days = on - facts.date_of_service
    return replace(
        facts,
        payer=payer,
        facility=facility,
        date_of_service=on,
        start=_shifted(facts.start, days),
        end=_shifted(facts.end, days),
        inpatient_order=_shifted(facts.inpatient_order, days),
        administrations=tuple(_on_another_day(each, days) for each in facts.administrations),
    )


def _on_another_day(given: Administration, days: timedelta) -> Administration:
    return replace(
        given,
        start=_shifted(given.start, days),
        stop=_shifted(given.stop, days),
        pauses=tuple(
            replace(each, start=_shifted(each.start, days), stop=_shifted(each.stop, days)) for each in given.pauses
        ),
    )


def _shifted(moment: datetime | None, days: timedelta) -> datetime | None:
    return None if moment is None else moment + days
