"""Files of codes: the price file and the HCPCS file, and the status of codes under the OPPS."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from drugs.cms.descriptor import Unread, read_amount
from drugs.cms.rows import HcpcsRow, PriceRow, StatusRow
from drugs.dates import written
from drugs.formulary.imports.comparing import Comparison, Groups, Subject
from drugs.formulary.imports.standing import StandingRow
from drugs.formulary.imports.tables import LINEAGE, Values, to_json
from drugs.models import ConflictKind, DifferenceTable, Group, HcpcsCode, NdcBillingCode
from drugs.models.billing import is_level_ii

PRICES = Groups(Group.PRICE_NEW, Group.PRICE_CHANGED, Group.PRICE_SAME)
STATUSES = Groups(Group.STATUS_NEW, Group.STATUS_CHANGED, Group.STATUS_SAME)
OF_DRUGS = re.compile(r"J\d{4}|Q[0259]\d{3}|C9\d{3}|A9[5-7]\d{2}")
"""Codes of a HCPCS file that may be of drugs; all others are of supplies and services, but for those known here."""


def compare_prices(comparison: Comparison, rows: Iterator[PriceRow], dropped: Counter[str]) -> None:
    """Prices of the quarter, and the unit of each code as the price file has it.

    The HCPCS file has the last word on what a code is called and when it ends. A code that only ever came from
    price files ends when they no longer list it, since nothing else would say so.
    """
    for row in rows:
        if not is_level_ii(row.code):
            dropped["not a HCPCS Level II code"] += 1
            continue
        subject = Subject(row.code, "", row.label, row.line)
        if row.limit is None:
            dropped["no price"] += 1
        else:
            comparison.propose(
                DifferenceTable.PRICE,
                (row.code,),
                {"payment_limit": to_json(row.limit)},
                groups=PRICES,
                subject=subject,
            )
        _compare_unit(comparison, row, subject)
    comparison.end_unseen(DifferenceTable.PRICE, Group.PRICE_ENDED)
    _end_codes(comparison)
    comparison.settle_repeated()


def _compare_unit(comparison: Comparison, row: PriceRow, subject: Subject) -> None:
    """What one unit is, by the dosage column; its label only where no other kind of file named the code."""
    standing = comparison.standing(DifferenceTable.MEANING)
    known = standing.rows.get((row.code,))
    said = _amount(comparison, row.dosage, subject, known)
    if said is None:
        standing.seen.add((row.code,))
        return
    if known is None:
        _propose_code(comparison, said | {"label": row.label[:100]}, subject)
        return
    is_own = known.source.startswith(LINEAGE[comparison.kind])
    # The price file has an amount and a short description; which ingredient counts stands in the HCPCS file.
    stated = said | {"label": row.label[:100]} if is_own else _without_ingredient(said)
    if not is_own and known.values | stated != known.values:
        text = f"{row.code}: the price file has “{row.dosage}”, {known.source} has {_per(known.values)}."
        comparison.conflict(ConflictKind.PUBLISHERS, subject, text, is_to_settle=True)
    _propose_code(comparison, stated, subject, needs_own_decision=not is_own)


def _without_ingredient(said: Values) -> Values:
    return {column: value for column, value in said.items() if column != "counted_ingredient"}


def _propose_code(
    comparison: Comparison, stated: Values, subject: Subject, *, needs_own_decision: bool = False
) -> None:
    standing = comparison.standing(DifferenceTable.MEANING)
    key = (subject.code,)
    row = standing.rows.get(key)
    if row is None or key in standing.seen:
        comparison.propose(
            DifferenceTable.MEANING, key, stated, groups=Groups(Group.CODE_NEW, Group.DESCRIPTOR), subject=subject
        )
        return
    standing.seen.add(key)
    after = row.values | stated
    if after == row.values:
        return
    has_other_unit = any(after[column] != row.values[column] for column in ("per_amount", "per_unit"))
    comparison.change(
        DifferenceTable.MEANING,
        Group.UNIT_SIZE if has_other_unit else Group.DESCRIPTOR,
        key,
        row,
        after=after,
        subject=subject,
        needs_own_decision=needs_own_decision,
    )


def _amount(comparison: Comparison, text: str, subject: Subject, known: StandingRow | None) -> Values | None:
    """Return the columns of one unit; None for words that are not understood, a conflict where nothing is known."""
    read = read_amount(text)
    if isinstance(read, Unread):
        if known is None:
            said = f"{subject.code} has no unit: “{text}”, {read.why}. Set it by hand."
            comparison.conflict(ConflictKind.UNREADABLE, subject, said)
        return None
    said_by_text: Values = {"per_amount": to_json(read.amount), "per_unit": str(read.unit)}
    if read.counted_ingredient:
        said_by_text["counted_ingredient"] = read.counted_ingredient
    return said_by_text


def _end_codes(comparison: Comparison) -> None:
    """Codes that only price files knew end; of others it is said that they are no longer priced."""
    standing = comparison.standing(DifferenceTable.MEANING)
    priced_before = comparison.standing(DifferenceTable.PRICE)
    successors = _successors(comparison.on)
    for key, row in list(standing.rows.items()):
        if key in standing.seen:
            continue
        subject = comparison.subject_of(DifferenceTable.MEANING, row)
        if row.source.startswith(LINEAGE[comparison.kind]):
            after: Values | None = None
            if len(names := successors.get(subject.code, set())) == 1:
                after = {"replaced_by_id": next(iter(names))}
            comparison.change(DifferenceTable.MEANING, Group.CODE_ENDED, key, row, after=after, subject=subject)
        elif key in priced_before.earlier and key not in priced_before.rows:
            text = f"{subject.code} {subject.name} has no price any more; the code itself stays, by {row.source}."
            comparison.conflict(ConflictKind.STILL_VALID, subject, text)


def _successors(on: date) -> dict[str, set[str]]:
    """Return, of codes whose packages moved to others on `on`, those others: the quarter's crosswalk says so."""
    moved_to = dict(NdcBillingCode.objects.current().filter(effective_from=on).values_list("ndc", "hcpcs_id"))
    found: dict[str, set[str]] = {}
    ended = NdcBillingCode.objects.current().filter(effective_until=on, ndc__in=moved_to)
    for ndc, code in ended.values_list("ndc", "hcpcs_id"):
        if moved_to[ndc] != code:
            found.setdefault(code, set()).add(moved_to[ndc])
    return found


def compare_hcpcs(comparison: Comparison, rows: Iterator[HcpcsRow], dropped: Counter[str]) -> None:
    """Codes of drugs, and of whatever else the formulary knows by its code: meaning, first day, last day."""
    known_codes = set(HcpcsCode.objects.values_list("code", flat=True))
    standing = comparison.standing(DifferenceTable.MEANING)
    for row in rows:
        if row.is_modifier or not is_level_ii(row.code):
            dropped["modifier"] += 1
            continue
        if row.code not in known_codes and not OF_DRUGS.fullmatch(row.code):
            dropped["not a drug"] += 1
            continue
        subject = Subject(row.code, "", row.label, row.line)
        known = standing.rows.get((row.code,))
        if row.terminated:
            _terminate(comparison, known, subject, first_day_without=row.terminated + timedelta(days=1))
            continue
        _compare_descriptor(comparison, row, subject, known, dropped)
    comparison.end_unseen(DifferenceTable.MEANING, Group.CODE_ENDED)
    comparison.settle_repeated()


def _compare_descriptor(
    comparison: Comparison, row: HcpcsRow, subject: Subject, known: StandingRow | None, dropped: Counter[str]
) -> None:
    read = read_amount(row.long_description)
    label: Values = {"label": row.label[:100]}
    if isinstance(read, Unread):
        if known is None:
            dropped["no amount in the descriptor"] += 1
        else:
            _propose_code(comparison, label, subject)
        return
    said: Values = label | {"per_amount": to_json(read.amount), "per_unit": str(read.unit)}
    if read.counted_ingredient:
        said["counted_ingredient"] = read.counted_ingredient
    _propose_code(comparison, said, subject)


def _terminate(comparison: Comparison, known: StandingRow | None, subject: Subject, *, first_day_without: date) -> None:
    """The code ends on the day that CMS says, also where that is before the file's own quarter."""
    standing = comparison.standing(DifferenceTable.MEANING)
    key = (subject.code,)
    standing.seen.add(key)
    if known is None or (known.until is not None and known.until <= first_day_without):
        return
    on = max(first_day_without, known.since)
    if on < comparison.on:
        text = (
            f"{subject.code} ended on {written(on)}, before the quarter of the file: earlier dates of service change."
        )
        comparison.conflict(ConflictKind.RETROACTIVE, subject, text, is_to_settle=True)
    comparison.change(
        DifferenceTable.MEANING,
        Group.CODE_ENDED,
        key,
        known,
        after=None,
        subject=subject,
        on=on,
        needs_own_decision=on < comparison.on,
    )


def compare_statuses(comparison: Comparison, rows: Iterator[StatusRow], dropped: Counter[str]) -> None:
    """How a hospital is paid for the codes that the formulary knows."""
    known_codes = set(HcpcsCode.objects.values_list("code", flat=True))
    for row in rows:
        if row.code not in known_codes:
            dropped["code not in the formulary"] += 1
            continue
        if not re.fullmatch(r"[A-Z][0-9]?", row.status_indicator):
            dropped["no status indicator"] += 1
            continue
        said: Values = {"indicator": row.status_indicator, "payment_rate": to_json(row.payment_rate)}
        if row.apc is not None:
            said["apc"] = row.apc
        comparison.propose(
            DifferenceTable.STATUS,
            (row.code,),
            said,
            groups=STATUSES,
            subject=Subject(row.code, "", row.label, row.line),
        )
    comparison.end_unseen(DifferenceTable.STATUS, Group.STATUS_ENDED)
    comparison.settle_repeated()


def _per(values: Values) -> str:
    return f"{values['per_amount']} {values['per_unit']}"
