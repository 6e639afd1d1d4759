"""What was given of each code on each date, and drugs that have no code (coding-rules section 12)."""

from decimal import Decimal
from typing import Final

from rules import amounts, chronology
from rules.facts import BillingCodeFacts, Container, Quantity
from rules.vocabulary import (
    ROUTES_NOT_CODED,
    AdministrationStatus,
    Family,
    FindingKind,
    Purpose,
    Role,
    Setting,
    Severity,
)
from rules.worksheet.doses import Dose, Preparation
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry
from rules.worksheet.words import IV, SC

NOT_THE_DRUG: Final = frozenset({Purpose.FLUSH, Purpose.CARRIER, Purpose.DILUENT})
"""Fluid that serves another drug is a supply, not a drug line (F1)."""
NEVER_UNCLASSIFIED: Final = frozenset({Family.BLOOD, Family.VACCINE, Family.CONTRAST, Family.HYDRATION_FLUID})
BLOOD: Final = Family.BLOOD
NOT_DONE: Final = frozenset({AdministrationStatus.NOT_GIVEN, AdministrationStatus.ENTERED_IN_ERROR})
DISCOUNTED: Final = "TB"
ROUTE_MODIFIERS: Final[dict[str, str]] = {IV: "JA", SC: "JB"}


def gather(sheet: Worksheet) -> None:
    """Adds the amounts of each code and date; a drug without a code gets its line here."""
    doses: dict[tuple[object, ...], Dose] = {}
    for place, entry in enumerate(sheet.entries):
        if entry.drug_facts.billing_codes is not None and _is_drug_line(sheet, entry):
            _add(sheet, doses, entry, place)
    sheet.doses = list(doses.values())


def _is_drug_line(sheet: Worksheet, entry: Entry) -> bool:
    """Whether a drug that may have a code was given as a drug, to an outpatient."""
    given = entry.given
    if entry.purpose in NOT_THE_DRUG or given.drug.family == BLOOD or entry.status in NOT_DONE:
        return False
    order = sheet.facts.inpatient_order
    known = entry.stop if entry.start is None else entry.start
    return order is None or known is None or known < chronology.minute_of(order)


def _add(sheet: Worksheet, doses: dict[tuple[object, ...], Dose], entry: Entry, place: int) -> None:
    code = _billing_code(sheet, entry)
    if code is None:
        return
    amount = _amount(sheet, entry, code)
    if amount is None:
        return
    modifiers = _standing_modifiers(sheet, entry, code)
    dated = sheet.facts.date_of_service if entry.start is None else chronology.local_date(entry.start, entry.offset)
    is_summed = sheet.answers["sum_daily_dose"] == "true"
    key = (code.code, dated, modifiers, None if is_summed else place)
    dose = doses.setdefault(key, Dose(code, dated, modifiers))
    dose.entries.append(entry)
    dose.given += amount
    before = dose.opened
    for container in entry.given.containers:
        _open(sheet, dose, entry, container)
    dose.prepared.append(Preparation(entry, amount, dose.opened - before))
    if entry.given.discarded is not None:
        concentration = entry.given.drug.concentration
        lost = amounts.converted(entry.given.discarded, code.per.unit, concentration)
        if lost is not None:
            dose.discarded = (dose.discarded or Decimal(0)) + lost


def _billing_code(sheet: Worksheet, entry: Entry) -> BillingCodeFacts | None:
    """The one code of the drug by this route; several are a finding, none leads to an unclassified code."""
    drug = entry.given.drug
    codes = [code for code in drug.billing_codes or () if _is_by_route(code, entry) and _is_sound(code)]
    if len({code.code for code in codes}) > 1:
        listed = ", ".join(sorted({code.code for code in codes}))
        sheet.find(
            FindingKind.AMBIGUOUS_CODE,
            Severity.BLOCKS,
            [entry],
            step("ambiguous_code", "R27", drug=drug.name, codes=listed),
            step("mend_code", "R27"),
        )
        return None
    if codes:
        return codes[0]
    if drug.family not in NEVER_UNCLASSIFIED and entry.route not in ROUTES_NOT_CODED:
        _unclassified(sheet, entry)
    return None


def _is_by_route(code: BillingCodeFacts, entry: Entry) -> bool:
    """Whether the code is for this route; one that names none is for what is injected, not for a tablet."""
    if code.routes:
        return entry.route in code.routes
    return entry.route not in ROUTES_NOT_CODED


def _is_sound(code: BillingCodeFacts) -> bool:
    return amounts.is_usable(code.per.amount) and code.per.amount > 0


def _unclassified(sheet: Worksheet, entry: Entry) -> None:
    """A drug without a code: a not-otherwise-classified one, with what the payer must read (H15)."""
    drug = entry.given.drug
    slot = "unclassified"
    if drug.is_new and sheet.facts.setting == Setting.FACILITY:
        slot = "unclassified_new"
    elif drug.family in (Family.ANTINEOPLASTIC, Family.ANTINEOPLASTIC_HORMONAL):
        slot = "unclassified_antineoplastic"
    elif drug.is_biologic:
        slot = "unclassified_biologic"
    containers = sum(container.count for container in entry.given.containers)
    by_container = sheet.answers["noc_units"] == "containers" and 0 < containers <= sheet.terms.in_force.number(
        "units_to"
    )
    draft = sheet.bill(
        slot,
        [entry],
        role=Role.DRUG,
        family=entry.family,
        units=containers if by_container else 1,
        at=entry.start,
        steps=[sheet.chose("unclassified", "H15", "noc_units", drug=drug.name)],
        spans=(),
    )
    draft.narrative = ", ".join(
        text
        for text in (
            drug.name,
            None if entry.given.ndc is None else entry.given.ndc.label,
            _quantity_text(entry),
        )
        if text
    )
    sheet.find(
        FindingKind.UNCLASSIFIED_DRUG,
        Severity.BLOCKS if drug.is_unmapped else Severity.WARNS,
        [entry],
        step(
            "unmapped_drug" if drug.is_unmapped else "unclassified_drug",
            "H15",
            drug=drug.name,
            code=draft.code,
        ),
        step("mend_mapping" if drug.is_unmapped else "mend_narrative", "H15"),
    )


def _quantity_text(entry: Entry) -> str | None:
    dose = entry.given.dose
    return None if dose is None else f"{amounts.plain(dose.amount)} {dose.unit}"


def _amount(sheet: Worksheet, entry: Entry, code: BillingCodeFacts) -> Decimal | None:
    """The dose in the descriptor's unit, or None with a finding."""
    dose = entry.given.dose
    if dose is None and entry.given.volume_ml is not None:
        dose = Quantity(entry.given.volume_ml, "mL")
    if dose is None or not amounts.is_usable(dose.amount) or dose.amount <= 0:
        sheet.find(
            FindingKind.MISSING_DOSE,
            Severity.BLOCKS,
            [entry],
            step("missing_dose", "R23", drug=entry.drug, code=code.code),
            step("mend_dose", "H1"),
        )
        return None
    amount = amounts.converted(dose, code.per.unit, entry.given.drug.concentration)
    if amount is None:
        sheet.find(
            FindingKind.UNIT_MISMATCH,
            Severity.BLOCKS,
            [entry],
            step(
                "unit_mismatch",
                "R26",
                drug=entry.drug,
                dose=f"{amounts.plain(dose.amount)} {dose.unit}",
                per=f"{amounts.plain(code.per.amount)} {code.per.unit}",
            ),
            step("mend_dose", "H1"),
        )
    return amount


def _standing_modifiers(sheet: Worksheet, entry: Entry, code: BillingCodeFacts) -> tuple[str, ...]:
    """340B first, being about payment; then the route, where the code is for both (G3, H18)."""
    modifiers = []
    if sheet.facts.is_340b and sheet.answers["modifier_340b"] == DISCOUNTED:
        modifiers.append(DISCOUNTED)
    if set(ROUTE_MODIFIERS) <= set(code.routes):
        route = ROUTE_MODIFIERS.get(entry.route or "")
        modifiers += [route] if route else []
    return tuple(modifiers)


def _open(sheet: Worksheet, dose: Dose, entry: Entry, container: Container) -> None:
    size = amounts.converted(container.size, dose.code.per.unit, entry.given.drug.concentration)
    if size is None or size <= 0 or container.count < 1:
        sheet.find(
            FindingKind.UNIT_MISMATCH,
            Severity.WARNS,
            [entry],
            step(
                "container_mismatch",
                "R26",
                drug=entry.drug,
                size=f"{amounts.plain(container.size.amount)} {container.size.unit}",
            ),
            step("mend_container", "R26"),
        )
        return
    dose.has_containers = True
    dose.opened += size * container.count
    dose.is_single_dose = dose.is_single_dose and container.is_single_dose is True
