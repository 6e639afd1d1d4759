"""What a proposed change of formulary, rules or policy would do to encounters that were coded; nothing is stored."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from heapq import heappush, heappushpop
from itertools import islice
from typing import TypeAlias

from django.db.models import Q, QuerySet

from drugs.consequences import Affected, AffectedEncounter, ProposedChange
from drugs.index import Differences, FormularyIndex, current_index, differences
from encounters import coding
from encounters.models import DrugReferences, Encounter, Review
from encounters.models.review import ReviewState
from rules.result import CodedLine, CodingResult
from rules.rulebook.model import Rulebook
from rules.vocabulary import Severity

CHUNK = 500
"""Encounters that are read together: few enough to hold, enough to spare queries."""
ACCEPTED = frozenset({ReviewState.ACCEPTED, ReviewState.CHANGED})
LineSignature: TypeAlias = tuple[str, int, tuple[str, ...], tuple[str, ...], date, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be otherwise. What is left out stays as it is.

    `index` is a formulary with the change laid over it, `rulebook` other rules, `overrides` other values of policy
    keys. Rules and values concern dates of service in `[on, until)`; a formulary knows its own dates.
    """

    index: FormularyIndex | None = None
    rulebook: Rulebook | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ChangedEncounter:
    """An encounter that would be coded otherwise, with its lines now and then as `J1745 × 40`."""

    encounter_id: int
    date_of_service: date
    is_accepted: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    dollars_before: Decimal
    dollars_after: Decimal

    @property
    def weight(self) -> tuple[bool, Decimal, int]:
        """Accepted encounters first, then those with most dollars, then the first received."""
        return self.is_accepted, abs(self.dollars_after - self.dollars_before), -self.encounter_id


@dataclass(slots=True)
class Impact:
    """All that a proposal would do. `looked_at`: encounters that it might have changed, which were coded both ways.

    Dollars are those of all lines of the encounters that would change. `lines` counts lines that would be added, gone
    or otherwise; `findings_only` the encounters whose lines would stay and which a new finding would block.
    """

    open_ids: list[int] = field(default_factory=list)
    accepted_ids: list[int] = field(default_factory=list)
    looked_at: int = 0
    lines: int = 0
    findings_only: int = 0
    dollars_before: Decimal = Decimal(0)
    dollars_after: Decimal = Decimal(0)
    examples: list[ChangedEncounter] = field(default_factory=list)


def assess(proposal: Proposal, *, examples: int = 50) -> Impact:
    """What the proposal would do, exactly: every encounter that might differ is coded both ways and compared.

    An encounter would change where its lines would be other lines, or a finding would block that does not now: what
    makes an accepted encounter `changed since accepted`. Prices alone change no encounter.
    """
    with _collected_by_the_chunk():
        return _assess(proposal, examples)


@contextmanager
def _collected_by_the_chunk() -> Iterator[None]:
    """Garbage is looked for after each chunk, in what the chunk made: looking again and again takes half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _assess(proposal: Proposal, examples: int) -> Impact:
    found = Impact()
    weighed: list[tuple[tuple[bool, Decimal, int], ChangedEncounter]] = []
    for chunk in _chunks(_candidates(proposal)):
        found.looked_at += len(chunk)
        changed = [each for each in _differences(proposal, chunk) if _is_changed(each.before, each.after)]
        accepted = _accepted([each.encounter_id for each in changed])
        for each in changed:
            one = _described(each, is_accepted=each.encounter_id in accepted)
            _count(found, one, each)
            if examples and len(weighed) < examples:
                heappush(weighed, (one.weight, one))
            elif examples:
                heappushpop(weighed, (one.weight, one))
        gc.collect()
    found.examples = [one for _, one in sorted(weighed, key=lambda pair: pair[0], reverse=True)]
    return found


class FormularyConsequences:
    """Answers for the encounters when the formulary asks what a change of it would do."""

    def affected(self, change: ProposedChange, *, examples: int) -> Affected:
        """The encounters that `change` would change, exactly, with at most `examples` of them in full."""
        found = assess(Proposal(index=change.proposed), examples=examples)
        names = dict(
            Encounter.objects.filter(pk__in=[one.encounter_id for one in found.examples]).values_list(
                "pk", "external_id"
            )
        )
        return Affected(
            open_ids=tuple(found.open_ids),
            accepted_ids=tuple(found.accepted_ids),
            dollars=found.dollars_after - found.dollars_before,
            examples=tuple(
                AffectedEncounter(
                    encounter_id=one.encounter_id,
                    name=names[one.encounter_id],
                    date_of_service=one.date_of_service,
                    is_accepted=one.is_accepted,
                    before=one.before,
                    after=one.after,
                    dollars=one.dollars_after - one.dollars_before,
                )
                for one in found.examples
            ),
        )


def _candidates(proposal: Proposal) -> Iterator[int]:
    """Encounters that were coded and that the proposal might change, by id."""
    rows = DrugReferences.objects.order_by("pk")
    if proposal.rulebook is None and not proposal.overrides:
        if proposal.index is None:
            return iter(())
        rows = _leading_to(rows, differences(current_index(), proposal.index))
    else:
        rows = _of_dates(rows, proposal.on, proposal.until)
    return rows.values_list("pk", flat=True).iterator(chunk_size=10 * CHUNK)


def _leading_to(rows: QuerySet[DrugReferences], changed: Differences) -> QuerySet[DrugReferences]:
    if not changed:
        return rows.none()
    leading = (
        Q(names__overlap=sorted(changed.names))
        | Q(ndcs__overlap=sorted(changed.ndcs))
        | Q(codes__overlap=sorted(changed.codes))
        | Q(drug_ids__overlap=sorted(changed.drug_ids))
    )
    return _of_dates(rows.filter(leading), changed.effective_from, changed.effective_until)


def _of_dates(rows: QuerySet[DrugReferences], first: date | None, until: date | None) -> QuerySet[DrugReferences]:
    rows = rows if first is None else rows.filter(last_date__gte=first)
    return rows if until is None else rows.filter(first_date__lt=until)


def _chunks(ids: Iterator[int]) -> Iterator[list[int]]:
    while chunk := list(islice(ids, CHUNK)):
        yield chunk


def _differences(proposal: Proposal, chunk: Sequence[int]) -> Iterator[coding.Difference]:
    return coding.differences(
        encounter_ids=chunk, index=proposal.index, rulebook=proposal.rulebook, overrides=proposal.overrides
    )


def _is_changed(before: CodingResult, after: CodingResult) -> bool:
    return _signatures(before) != _signatures(after) or not _blocks(after) <= _blocks(before)


def _signatures(result: CodingResult) -> list[LineSignature]:
    return sorted(map(_signature, result.lines), key=repr)


def _signature(line: CodedLine) -> LineSignature:
    """All of a line that a claim would show; its price is no part of that."""
    return (
        line.code,
        line.units,
        line.modifiers,
        line.administrations,
        line.date_of_service,
        line.role,
        line.narrative,
        line.ndc.code if line.ndc else None,
    )


def _blocks(result: CodingResult) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (finding.kind, finding.administrations) for finding in result.findings if finding.severity == Severity.BLOCKS
    }


def _accepted(ids: Sequence[int]) -> set[int]:
    """Of these the encounters behind whose lines a coder stands."""
    return set(Review.objects.filter(encounter__in=ids, state__in=ACCEPTED).values_list("encounter_id", flat=True))


def _described(each: coding.Difference, *, is_accepted: bool) -> ChangedEncounter:
    return ChangedEncounter(
        encounter_id=each.encounter_id,
        date_of_service=each.date_of_service,
        is_accepted=is_accepted,
        before=_in_words(each.before),
        after=_in_words(each.after),
        dollars_before=_dollars(each.before),
        dollars_after=_dollars(each.after),
    )


def _in_words(result: CodingResult) -> tuple[str, ...]:
    return tuple(f"{'-'.join((line.code, *line.modifiers))} × {line.units}" for line in result.lines)


def _dollars(result: CodingResult) -> Decimal:
    return sum((line.price * line.units for line in result.lines if line.price is not None), Decimal(0))


def _count(found: Impact, one: ChangedEncounter, each: coding.Difference) -> None:
    (found.accepted_ids if one.is_accepted else found.open_ids).append(one.encounter_id)
    before, after = _signatures(each.before), _signatures(each.after)
    gone = sum(line not in after for line in before)
    added = sum(line not in before for line in after)
    found.lines += max(gone, added)
    found.findings_only += before == after
    found.dollars_before += one.dollars_before
    found.dollars_after += one.dollars_after
