"""Facts are read from the database: of one encounter, or of thousands by two versions of the formulary."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from drugs.index import FormularyIndex, current_index
from drugs.selectors import Charted
from encounters.addenda import Changes
from encounters.facts import formulary
from encounters.facts.chart import Chart, chart_of, charts
from encounters.facts.formulary import Version
from encounters.facts.translation import facts_of
from encounters.models import Encounter
from encounters.references import Asked
from rules.facts import DrugFacts, EncounterFacts, Order

CHUNK = 500
"""Charts that are read together: few enough to hold, enough to spare queries."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An encounter's facts, with what the formulary was asked for them: for each administration, and of orders."""

    facts: EncounterFacts
    asked: tuple[Asked, ...]
    ordered: tuple[Charted, ...]


def encounter_facts(*, encounter: Encounter, changes: Mapping[str, Changes] | None = None) -> EncounterFacts:
    """All that is held to be true of the encounter now, read anew from the database in a fixed number of queries.

    `changes` lie over it for a what-if: administration's external id → field → value. Raises
    `addenda.UnableToReadChange`; KeyError for an administration that the encounter does not have.
    """
    return read(encounter=encounter, changes=changes).facts


def facts_of_chart(encounter: Encounter, *, changes: Mapping[str, Changes] | None = None) -> EncounterFacts:
    """What `encounter_facts` gives, by what `with_chart` has read before; raises what that raises."""
    return _reading(chart_of(encounter).changed(changes or {}), current_index()).facts


def read(*, encounter: Encounter, changes: Mapping[str, Changes] | None = None) -> Reading:
    """What `encounter_facts` gives, with the questions behind it; raises what that raises."""
    index = current_index()
    (chart,) = charts([encounter.pk], index=index)
    return _reading(chart.changed(changes or {}), index)


def facts_of_many(
    encounter_ids: Iterable[int], *, now: FormularyIndex, then: FormularyIndex | None = None
) -> Iterator[tuple[int, EncounterFacts, EncounterFacts]]:
    """Each encounter's id and its facts by both versions of the formulary, one and the same object where they agree.

    Without `then` there is but one version. Reads some hundreds of charts at a time, in a fixed number of queries.
    """
    version, proposed = Version(now), Version(then) if then else None
    ids = iter(encounter_ids)
    while chunk := list(islice(ids, CHUNK)):
        for chart in charts(chunk, index=now):
            asked = formulary.charted(chart)
            drugs, orders = _answers(version, chart, asked)
            before = facts_of(chart, drugs, orders)
            after = _told(before, *_answers(proposed, chart, asked)) if proposed else before
            yield chart.encounter.pk, before, after


def facts_that_differ(
    encounter_ids: Iterable[int], *, now: FormularyIndex, then: FormularyIndex
) -> Iterator[tuple[int, EncounterFacts, EncounterFacts]]:
    """Of those encounters whose facts are not the same in both versions of the formulary: id, and both facts."""
    return (each for each in facts_of_many(encounter_ids, now=now, then=then) if each[1] is not each[2])


def _reading(chart: Chart, index: FormularyIndex) -> Reading:
    version = Version(index)
    charted = formulary.charted(chart)
    resolutions = version.resolve(charted)
    drugs = version.drugs(chart, charted, resolutions)
    asked = tuple(
        Asked(given.pk, given.said, question, resolution)
        for given, question, resolution in zip(chart.given, charted, resolutions, strict=True)
    )
    return Reading(facts_of(chart, drugs, version.orders(chart)), asked, tuple(formulary.ordered(chart)))


def _answers(version: Version, chart: Chart, charted: Sequence[Charted]) -> tuple[list[DrugFacts], tuple[Order, ...]]:
    """What a version says of the drugs that were given, and of those that were ordered."""
    return version.drugs(chart, charted, version.resolve(charted)), version.orders(chart)


def _told(before: EncounterFacts, drugs: Sequence[DrugFacts], orders: tuple[Order, ...]) -> EncounterFacts:
    """The same encounter with these drugs and orders, the very same object where they are the same."""
    administrations = tuple(
        given if given.drug == drug else replace(given, drug=drug)
        for given, drug in zip(before.administrations, drugs, strict=True)
    )
    is_same = all(one is other for one, other in zip(administrations, before.administrations, strict=True))
    return (
        before
        if is_same and orders == before.orders
        else replace(before, administrations=administrations, orders=orders)
    )
