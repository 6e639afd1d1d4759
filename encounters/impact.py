"""What a proposed change of formulary, rules or policy would do to encounters that were coded; nothing is stored."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
"""Changed encounters that are asked for together whether they are accepted."""
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


@dataclass(frozen=True, slots=True)
class _Change:
    """An encounter that would change; whether it is accepted is not known yet."""

    encounter: ChangedEncounter
    lines: int
    is_of_findings_only: bool


def assess(proposal: Proposal, *, examples: int = 50) -> Impact:
    """What the proposal would do, exactly: every encounter that might differ is coded both ways and compared.

    An encounter would change where its lines would be other lines, or a finding would block that does not now: what
    makes an accepted encounter `changed since accepted`. Prices alone change no encounter.
    """
    found = Impact()
    weighed: list[tuple[tuple[bool, Decimal, int], ChangedEncounter]] = []
    with _no_collection_meanwhile():
        changes = _changes(proposal, _counted(_candidates(proposal), found))
        while chunk := list(islice(changes, CHUNK)):
            accepted = _accepted([each.encounter.encounter_id for each in chunk])
            for each in chunk:
                one = replace(each.encounter, is_accepted=each.encounter.encounter_id in accepted)
                _count(found, one, each)
                if examples:
                    keep = heappush if len(weighed) < examples else heappushpop
                    keep(weighed, (one.weight, one))
    found.examples = [one for _, one in sorted(weighed, key=lambda pair: pair[0], reverse=True)]
    return found


@contextmanager
def _no_collection_meanwhile() -> Iterator[None]:
    """Garbage is looked for between chunks only, in what they made: looking again and again takes half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _counted(ids: Iterable[int], found: Impact) -> Iterator[int]:
    """Those that are looked at, counted as they are asked for; between chunks is the time to look for garbage."""
    for pk in ids:
        if found.looked_at % CHUNK == 0:
            gc.collect()
        found.looked_at += 1
        yield pk


class FormularyConsequences:
    """Answers for the encounters when the formulary asks what a change of it would do."""

    def holds_any(self) -> bool:
        """Whether any encounter was coded."""
        return DrugReferences.objects.exists()

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


def _changes(proposal: Proposal, ids: Iterable[int]) -> Iterator[_Change]:
    """Those that would change; what the engine said of each is let go at once."""
    found = coding.differences(
        encounter_ids=ids, index=proposal.index, rulebook=proposal.rulebook, overrides=proposal.overrides
    )
    return (_described(each) for each in found if _is_changed(each.before, each.after))


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


def _described(each: coding.Difference) -> _Change:
    before, after = _signatures(each.before), _signatures(each.after)
    gone = sum(line not in after for line in before)
    added = sum(line not in before for line in after)
    encounter = ChangedEncounter(
        encounter_id=each.encounter_id,
        date_of_service=each.date_of_service,
        is_accepted=False,
        before=_in_words(each.before),
        after=_in_words(each.after),
        dollars_before=_dollars(each.before),
        dollars_after=_dollars(each.after),
    )
    return _Change(encounter, lines=max(gone, added), is_of_findings_only=before == after)


def _in_words(result: CodingResult) -> tuple[str, ...]:
    return tuple(f"{'-'.join((line.code, *line.modifiers))} × {line.units}" for line in result.lines)


def _dollars(result: CodingResult) -> Decimal:
    return sum((line.price * line.units for line in result.lines if line.price is not None), Decimal(0))


def _count(found: Impact, one: ChangedEncounter, each: _Change) -> None:
    (found.accepted_ids if one.is_accepted else found.open_ids).append(one.encounter_id)
    found.lines += each.lines
    found.findings_only += each.is_of_findings_only
    found.dollars_before += one.dollars_before
    found.dollars_after += one.dollars_after
