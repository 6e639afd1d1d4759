"""Rows become the engine's facts. The only translator, with `drugs.facts`."""

from encounters.facts.another_day import moved
from encounters.facts.chart import with_chart
from encounters.facts.reading import (
    Reading,
    encounter_facts,
    facts_of_chart,
    facts_of_many,
    facts_that_differ,
    read,
)

__all__ = [
    "Reading",
    "encounter_facts",
    "facts_of_chart",
    "facts_of_many",
    "facts_that_differ",
    "moved",
    "read",
    "with_chart",
]
