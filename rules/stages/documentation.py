"""What the record should hold and does not (coding-rules section 14)."""

from decimal import Decimal

from rules import amounts
from rules.facts import Order, PriorAuthorization
from rules.vocabulary import FindingKind, Severity
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry, names
from rules.worksheet.words import CHEMO, HYDRATION


def check(sheet: Worksheet) -> None:
    """Findings about orders, lots, plans, authorizations and the need for hydration."""
    documents = sheet.facts.documents
    _orders(sheet)
    if documents.are_lots_known:
        _lots(sheet)
    _plan_and_response(sheet)
    if documents.prior_authorizations is not None:
        _authorizations(sheet, documents.prior_authorizations)
    _off_label(sheet)
    _hydration_necessity(sheet)


def _orders(sheet: Worksheet) -> None:
    if not sheet.facts.orders and not sheet.facts.documents.are_orders_known:
        return
    orders = {order.reference: order for order in sheet.facts.orders}
    for entry in sheet.passed:
        order = orders.get(entry.given.order) if entry.given.order else None
        if order is not None:
            _compare(sheet, entry, order)
        elif not sheet.facts.documents.are_orders_known:
            continue
        elif entry.family is HYDRATION:
            _find_for(sheet, FindingKind.HYDRATION_NO_ORDER, Severity.WARNS, entry, rule="A7", mend="mend_order")
        else:
            _find_for(sheet, FindingKind.MISSING_ORDER, Severity.WARNS, entry, rule="A7", mend="mend_order")


def _find_for(sheet: Worksheet, kind: FindingKind, severity: Severity, entry: Entry, *, rule: str, mend: str) -> None:
    sheet.find(kind, severity, [entry], step(kind.value, rule, drug=entry.drug), step(mend, rule))


def _compare(sheet: Worksheet, entry: Entry, order: Order) -> None:
    """Drug, route, and the dose beyond the tolerance (A7)."""
    differs = []
    if str(order.drug).strip().casefold() != entry.drug.casefold():
        differs.append(f"drug {order.drug} ordered")
    if order.route is not None and order.route != entry.route:
        differs.append(f"route {entry.route or 'not charted'}, {order.route} ordered")
    given = _given_of(sheet, entry, order)
    if given is not None and order.dose is not None and _is_beyond_tolerance(sheet, given, order.dose.amount):
        unit = order.dose.unit
        differs.append(f"dose {amounts.plain(given)} {unit}, {amounts.plain(order.dose.amount)} {unit} ordered")
    if differs:
        sheet.find(
            FindingKind.ORDER_MISMATCH,
            Severity.WARNS,
            [entry],
            step("order_mismatch", "R14", drug=entry.drug, parts="; ".join(differs)),
            step("mend_order", "A7"),
        )


def _given_of(sheet: Worksheet, entry: Entry, order: Order) -> Decimal | None:
    """What was given on the order, in the unit ordered; None where that is not known, or said at an earlier entry.

    One dose may be given in several entries of the same order: they are added.
    """
    dose = order.dose
    same = [other for other in sheet.passed if other.given.order == order.reference and other.drug == entry.drug]
    if dose is None or not amounts.is_usable(dose.amount) or entry is not same[0]:
        return None
    given = Decimal(0)
    for other in same:
        if other.given.dose is None:
            return None
        part = amounts.converted(other.given.dose, dose.unit, other.given.drug.concentration)
        if part is None:
            return None
        given += part
    return given


def _is_beyond_tolerance(sheet: Worksheet, given: Decimal, ordered: Decimal) -> bool:
    return abs(given - ordered) > ordered * sheet.terms.in_force.number("dose_tolerance_percent") / 100


def _lots(sheet: Worksheet) -> None:
    for entry in sheet.passed:
        if entry.given.lot is None:
            _find_for(sheet, FindingKind.LOT_MISSING, Severity.INFORMS, entry, rule="R15", mend="mend_lot")


def _plan_and_response(sheet: Worksheet) -> None:
    documents = sheet.facts.documents
    if documents.has_treatment_plan is not False and documents.has_response_charted is not False:
        return
    chemo = [entry for entry in sheet.passed if entry.family is CHEMO]
    if not chemo:
        return
    if documents.has_treatment_plan is False:
        sheet.find(
            FindingKind.TREATMENT_PLAN_MISSING,
            Severity.WARNS,
            chemo,
            step("treatment_plan_missing", "R16", drug=names(chemo)),
            step("mend_plan", "R16"),
        )
    if documents.has_response_charted is False:
        sheet.find(
            FindingKind.MONITORING_MISSING,
            Severity.INFORMS,
            chemo,
            step("monitoring_missing", "R17", drug=names(chemo)),
            step("mend_response", "R17"),
        )


def _authorizations(sheet: Worksheet, held: tuple[PriorAuthorization, ...]) -> None:
    for entry in sheet.passed:
        if not entry.given.drug.needs_prior_auth:
            continue
        of_drug = [one for one in held if str(one.drug).strip().casefold() == entry.drug.casefold()]
        if not of_drug:
            _find_for(
                sheet, FindingKind.PRIOR_AUTH_MISSING, Severity.BLOCKS, entry, rule="R18", mend="mend_authorization"
            )
        elif not any(_is_valid(sheet, one) for one in of_drug):
            _find_for(
                sheet,
                FindingKind.PRIOR_AUTH_EXHAUSTED,
                Severity.BLOCKS,
                entry,
                rule="R18",
                mend="mend_authorization",
            )


def _is_valid(sheet: Worksheet, one: PriorAuthorization) -> bool:
    on = sheet.facts.date_of_service
    return (
        (one.valid_from is None or one.valid_from <= on)
        and (one.valid_until is None or on <= one.valid_until)
        and (one.remaining is None or one.remaining > 0)
    )


def _off_label(sheet: Worksheet) -> None:
    """A drug whose label covers none of the charted diagnoses, without a compendium beside it."""
    charted = sheet.facts.diagnoses
    if charted is None or sheet.facts.documents.has_off_label_support is not False:
        return
    codes = [str(code).upper().replace(".", "") for code in charted]
    for entry in sheet.passed:
        covered = tuple(str(prefix).replace(".", "") for prefix in entry.given.drug.indications)
        if covered and not any(code.startswith(covered) for code in codes):
            _find_for(
                sheet,
                FindingKind.OFF_LABEL_SUPPORT_MISSING,
                Severity.WARNS,
                entry,
                rule="R19",
                mend="mend_off_label",
            )


def _hydration_necessity(sheet: Worksheet) -> None:
    """Billed hydration wants a covered reason on the encounter (D3, RAC 0137)."""
    charted = sheet.facts.diagnoses
    if charted is None:
        return
    billed = [
        entry for draft in sheet.drafts if draft.family is HYDRATION and not draft.is_of_drug for entry in draft.entries
    ]
    if not billed:
        return
    covered = tuple(prefix.replace(".", "") for prefix in sheet.terms.policy.hydration_necessity)
    if not any(str(code).upper().replace(".", "").startswith(covered) for code in charted):
        sheet.find(
            FindingKind.HYDRATION_NECESSITY,
            Severity.WARNS,
            billed,
            step("hydration_necessity", "D3"),
            step("mend_necessity", "D3"),
        )
