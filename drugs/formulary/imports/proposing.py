"""The formulary as it would be after an import, and the encounters that would change."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from drugs.consequences import Affected, AffectedEncounter, ProposedChange, affected, are_there_any
from drugs.formulary.imports.permission import UnableToWorkOnImport, locked
from drugs.formulary.imports.tables import Key
from drugs.formulary.imports.writing import writes_of
from drugs.index import FormularyIndex, current_index
from drugs.models import DatedRow, Decision, DifferenceTable, FormularyImport, Group, ImportDifference
from drugs.models.imports import WAITING_FOR_PEOPLE

PLACES: dict[DifferenceTable, tuple[tuple[str, str], ...]] = {
    DifferenceTable.MEANING: (("meanings", "hcpcs_id"),),
    DifferenceTable.PRICE: (("prices", "hcpcs_id"),),
    DifferenceTable.PACKAGE: (("packages", "ndc"),),
    DifferenceTable.PACKAGE_CODE: (("codes_of_package", "ndc"),),
    DifferenceTable.DRUG_CODE: (("codes_of_drug", "drug_id"), ("drugs_of_code", "hcpcs_id")),
}
"""Where the rows of a table stand in the index, and by which column. Status indicators decide no code."""
WITHOUT_CONSEQUENCE = (
    Group.PRICE_SAME,
    Group.STATUS_NEW,
    Group.STATUS_CHANGED,
    Group.STATUS_SAME,
    Group.STATUS_ENDED,
)
"""Groups that change no line and no dollar of any encounter."""
EXAMPLES = 200
COUNT_AGAIN_AFTER = timedelta(minutes=10)
"""A count that takes longer was lost: a hundred thousand encounters take half a minute."""


def proposed_change(formulary_import: FormularyImport) -> ProposedChange:
    """Return the formulary as it would be if every row that is not withheld were published."""
    rows = _wanted(formulary_import)
    counted = rows.exclude(group__in=WITHOUT_CONSEQUENCE)
    codes = set(counted.exclude(code="").values_list("code", flat=True))
    for before in counted.filter(group=Group.CROSSWALK_MOVED).values_list("before", flat=True):
        codes.add(dict(before or {})["hcpcs_id"])
    dates = list(rows.order_by("effective_from").values_list("effective_from", flat=True)[:1])
    return ProposedChange(
        proposed=_proposed(formulary_import, rows),
        on=min([*dates, formulary_import.effective_from]),
        until=None,
        codes=frozenset(codes),
        ndcs=frozenset(counted.exclude(ndc="").values_list("ndc", flat=True)),
    )


def count_affected(*, import_id: int, at: datetime) -> bool:
    """Store which encounters publishing would change; False where nobody can say, or the import is not open any more.

    A count that came late is not taken for one of a later comparison, nor of other rows than are withheld by then.
    """
    formulary_import = FormularyImport.objects.get(pk=import_id)
    if not formulary_import.is_open:
        return False
    withheld = _withheld(formulary_import)
    found = affected(proposed_change(formulary_import), examples=EXAMPLES)
    if found is None:
        return False
    with transaction.atomic():
        current = locked(formulary_import)
        is_the_same = current.is_open and current.round == formulary_import.round and _withheld(current) == withheld
        if is_the_same:
            current.affected = _as_json(found, at)
            current.save(update_fields=["affected"])
    return is_the_same


def is_counted(formulary_import: FormularyImport) -> bool:
    """Whether it is known which encounters publishing would change, or nobody holds any."""
    return formulary_import.affected is not None or not are_there_any()


def counted(formulary_import: FormularyImport) -> tuple[list[int], datetime | None]:
    """Return the open encounters that were counted, and when that began; None where nobody counted."""
    found = dict(formulary_import.affected or {})
    return found.get("open_ids", []), datetime.fromisoformat(found["at"]) if found else None


@transaction.atomic
def waiting_to_be_counted(*, at: datetime) -> list[int]:
    """Return the open imports whose count was asked for and never came, each to one caller only."""
    overdue = Q(nudged_at__lte=at - COUNT_AGAIN_AFTER) | Q(nudged_at__isnull=True, state_at__lte=at - COUNT_AGAIN_AFTER)
    waiting = FormularyImport.objects.select_for_update(of=("self",), skip_locked=True).filter(
        overdue, affected__isnull=True, state__in=WAITING_FOR_PEOPLE
    )
    found = [row.pk for row in waiting] if are_there_any() else []
    FormularyImport.objects.filter(pk__in=found).update(nudged_at=at)
    return found


def _withheld(formulary_import: FormularyImport) -> set[int]:
    rows = ImportDifference.objects.filter(formulary_import=formulary_import, round=formulary_import.round)
    return set(rows.filter(decision=Decision.WITHHELD).values_list("pk", flat=True))


def _wanted(formulary_import: FormularyImport) -> QuerySet[ImportDifference]:
    if not formulary_import.round:
        msg = f"{formulary_import} is not read yet."
        raise UnableToWorkOnImport(msg)
    return ImportDifference.objects.filter(formulary_import=formulary_import, round=formulary_import.round).exclude(
        decision=Decision.WITHHELD
    )


def _proposed(formulary_import: FormularyImport, rows: QuerySet[ImportDifference]) -> FormularyIndex:
    index = current_index()
    gone: defaultdict[str, set[int]] = defaultdict(set)
    added: defaultdict[str, defaultdict[Any, list[DatedRow]]] = defaultdict(lambda: defaultdict(list))
    touched: defaultdict[str, set[Any]] = defaultdict(set)
    for which, writes in writes_of(formulary_import, rows.iterator(chunk_size=2000), release_id=None):
        for place, column in PLACES.get(which, ()):
            gone[place].update(writes.withdrawn)
            touched[place].update(getattr(row, column) for row in writes.withdrawn.values())
            for row in writes.added:
                added[place][getattr(row, column)].append(row)
    changed: dict[str, dict[Key, tuple[DatedRow, ...]]] = {}
    for place in gone.keys() | added.keys():
        standing = dict(getattr(index, place))
        for key in touched[place] | added[place].keys():
            kept = tuple(row for row in standing.get(key, ()) if row.pk not in gone[place])
            standing[key] = (*kept, *added[place].get(key, ()))
        changed[place] = standing
    # A head of its own: nothing that was remembered of the standing version holds for this one.
    return replace(index, head=(-formulary_import.pk, formulary_import.requested_at), **changed)  # type: ignore[arg-type]


def _as_json(found: Affected, at: datetime) -> dict[str, Any]:
    return {
        "at": at.isoformat(),
        "open": len(found.open_ids),
        "accepted": len(found.accepted_ids),
        "open_ids": list(found.open_ids),
        "accepted_ids": list(found.accepted_ids),
        "dollars": str(found.dollars),
        "examples": [_example(each) for each in found.examples],
    }


def _example(each: AffectedEncounter) -> dict[str, Any]:
    return {
        "id": each.encounter_id,
        "name": each.name,
        "date_of_service": each.date_of_service.isoformat(),
        "is_accepted": each.is_accepted,
        "before": list(each.before),
        "after": list(each.after),
        "dollars": str(each.dollars),
    }
