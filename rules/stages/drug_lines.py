"""The drug lines: HCPCS units, discarded amounts, JW, JZ, NDC (coding-rules section 12)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules import amounts, chronology
from rules.facts import BillingCodeFacts, Container
from rules.result import NdcLine, Scalar, Step, UnitLedgerEntry
from rules.vocabulary import (
    ROUTES_NOT_CODED,
    AdministrationStatus,
    Family,
    FindingKind,
    LineFamily,
    Purpose,
    Role,
    Route,
    Setting,
    Severity,
)
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import LAST, Entry, names

NOT_THE_DRUG = frozenset({Purpose.FLUSH, Purpose.CARRIER, Purpose.DILUENT})
"""Fluid that serves another drug is a supply, not a drug line (F1)."""
NEVER_UNCLASSIFIED = frozenset({Family.BLOOD, Family.VACCINE, Family.CONTRAST, Family.HYDRATION_FLUID})
DISCARDED, NONE_DISCARDED, DISCOUNTED = "JW", "JZ", "TB"
ROUTE_MODIFIERS: dict[str, str] = {Route.IV: "JA", Route.SC: "JB"}


@dataclass(slots=True, eq=False)
class _Dose:
    """All of one HCPCS code given on one date by one modifier of route, in amounts of its descriptor."""

    code: BillingCodeFacts
    dated: date
    modifiers: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    given: Decimal = Decimal(0)
    opened: Decimal = Decimal(0)
    discarded: Decimal | None = None
    has_containers: bool = False
    is_single_dose: bool = True


def code(sheet: Worksheet) -> None:
    """Adds the doses of each code and date and gives each its lines."""
    doses: dict[tuple[object, ...], _Dose] = {}
    for place, entry in enumerate(sheet.entries):
        if _is_drug_line(sheet, entry):
            _add(sheet, doses, entry, place)
    for dose in doses.values():
        _lines(sheet, dose)


def _is_drug_line(sheet: Worksheet, entry: Entry) -> bool:
    given = entry.given
    if given.drug.billing_codes is None or given.purpose in NOT_THE_DRUG:
        return False
    if given.drug.family == Family.BLOOD:
        return False
    if given.status in (AdministrationStatus.NOT_GIVEN, AdministrationStatus.ENTERED_IN_ERROR):
        return False
    order = sheet.facts.inpatient_order
    known = entry.stop if entry.start is None else entry.start
    return order is None or known is None or known < chronology.minute_of(order)


def _add(sheet: Worksheet, doses: dict[tuple[object, ...], _Dose], entry: Entry, place: int) -> None:
    code = _billing_code(sheet, entry)
    if code is None:
        return
    amount = _amount(sheet, entry, code)
    if amount is None:
        return
    modifiers = _standing_modifiers(sheet, entry, code)
    dated = sheet.facts.date_of_service if entry.start is None else chronology.local_date(entry.start, entry.offset)
    is_summed = sheet.policy["sum_daily_dose"] == "true"
    key = (code.code, dated, modifiers, None if is_summed else place)
    dose = doses.setdefault(key, _Dose(code, dated, modifiers))
    dose.entries.append(entry)
    dose.given += amount
    for container in entry.given.containers:
        _open(sheet, dose, entry, container)
    if entry.given.discarded is not None:
        concentration = entry.given.drug.concentration
        lost = amounts.converted(entry.given.discarded, code.per.unit, concentration)
        if lost is not None and lost.is_finite():
            dose.discarded = (dose.discarded or Decimal(0)) + lost


def _billing_code(sheet: Worksheet, entry: Entry) -> BillingCodeFacts | None:
    """The one code of the drug by this route; several are a finding, none leads to an unclassified code."""
    drug = entry.given.drug
    codes = [
        code
        for code in drug.billing_codes or ()
        if (not code.routes or entry.given.route in code.routes) and _is_sound(code)
    ]
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
    if drug.family not in NEVER_UNCLASSIFIED and entry.given.route not in ROUTES_NOT_CODED:
        _unclassified(sheet, entry)
    return None


def _is_sound(code: BillingCodeFacts) -> bool:
    return code.per.amount.is_finite() and code.per.amount > 0


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
    by_container = sheet.policy["noc_units"] == "containers" and containers > 0
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
    _attach_ndc(sheet, draft, [entry], is_unclassified=True)
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
    return None if dose is None else f"{plain(dose.amount)} {dose.unit}"


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros.

    >>> plain(Decimal("250.00"))
    '250'
    """
    if not amount.is_finite():
        return str(amount)
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(sheet: Worksheet, entry: Entry, code: BillingCodeFacts) -> Decimal | None:
    """The dose in the descriptor's unit, or None with a finding."""
    dose = entry.given.dose
    if dose is None or not dose.amount.is_finite() or dose.amount <= 0:
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
                dose=_quantity_text(entry),
                per=f"{plain(code.per.amount)} {code.per.unit}",
            ),
            step("mend_dose", "H1"),
        )
    return amount


def _standing_modifiers(sheet: Worksheet, entry: Entry, code: BillingCodeFacts) -> tuple[str, ...]:
    """340B first, being about payment; then the route, where the code is for both (G3, H18)."""
    modifiers = []
    if sheet.facts.is_340b and sheet.policy["modifier_340b"] == DISCOUNTED:
        modifiers.append(DISCOUNTED)
    if set(ROUTE_MODIFIERS) <= set(code.routes):
        route = ROUTE_MODIFIERS.get(entry.given.route or "")
        modifiers += [route] if route else []
    return tuple(modifiers)


def _open(sheet: Worksheet, dose: _Dose, entry: Entry, container: Container) -> None:
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
                size=f"{plain(container.size.amount)} {container.size.unit}",
            ),
            step("mend_container", "R26"),
        )
        return
    dose.has_containers = True
    dose.opened += size * container.count
    dose.is_single_dose = dose.is_single_dose and container.is_single_dose is True


def _lines(sheet: Worksheet, dose: _Dose) -> None:
    per = dose.code.per.amount
    rounding = sheet.policy["unit_rounding"]
    units = amounts.whole_units(dose.given / per, rounding)
    labelled = int(dose.opened // per)
    numbers = _numbers(dose)
    given = sheet.chose("drug_units", "H2", "unit_rounding", units=units, **numbers)
    line = _Line(sheet, dose, given)
    if not dose.has_containers:
        line.bill(units, (), step("no_container", "H4"))
        line.balance(units, 0, drawn=dose.given)
    elif not dose.is_single_dose:
        line.bill(units, (), step("multi_dose", "H7"))
        line.balance(units, 0, drawn=dose.opened, reason="multi_dose")
        _find_discard_of_multi_dose(sheet, dose)
    elif dose.given > dose.opened:
        line.bill(units, (), step("dose_above_opened", "H4", **numbers))
        line.balance(units, 0, drawn=dose.given)
        _find(sheet, dose, FindingKind.DOSE_ABOVE_OPENED, Severity.BLOCKS, "dose_above_opened")
    elif dose.given < dose.opened and dose.discarded is None and sheet.in_force.is_jw_in_force:
        line.bill(units, (), step("waste_not_documented", "H12", **numbers))
        line.balance(units, 0, drawn=dose.opened, reason="not_documented")
        _find(sheet, dose, FindingKind.WASTE_NOT_DOCUMENTED, Severity.BLOCKS, "waste_not_documented")
    else:
        _single_dose(sheet, line, units, max(0, labelled - units))
    _find_smaller_vials(sheet, dose)


def _numbers(dose: _Dose) -> dict[str, Scalar]:
    return {
        "drug": names(dose.entries),
        "given": plain(dose.given),
        "opened": plain(dose.opened),
        "rest": plain(dose.opened - dose.given),
        "charted": None if dose.discarded is None else plain(dose.discarded),
        "per": plain(dose.code.per.amount),
        "unit": dose.code.per.unit,
    }


class _Line:
    """Writes the lines of one dose."""

    def __init__(self, sheet: Worksheet, dose: _Dose, given: Step) -> None:
        self.sheet, self.dose, self.given = sheet, dose, given

    def bill(self, units: int, modifiers: tuple[str, ...], why: Step, role: Role = Role.DRUG) -> None:
        """One line at the code's own slot of the formulary, not of the rulebook."""
        dose = self.dose
        first = dose.entries[0]
        draft = Draft(
            slot="drug",
            code=dose.code.code,
            units=units,
            role=role,
            family=first.family,
            entries=dose.entries,
            date_of_service=dose.dated,
            order=(
                min(entry.visit for entry in dose.entries),
                _FAMILY_ORDER[first.family],
                int(role == Role.DISCARDED),
                LAST if first.start is None else first.start,
                first.id,
            ),
            steps=[self.given, why] if role == Role.DRUG else [why, self.given],
            visit=first.visit,
            modifiers=[*dose.modifiers, *modifiers],
            price=dose.code.price,
        )
        _attach_ndc(self.sheet, draft, dose.entries, is_unclassified=False)
        self.sheet.drafts.append(draft)

    def balance(self, units: int, discarded: int, *, drawn: Decimal, reason: str = "rounding") -> None:
        """The unit ledger: drawn = billed + discarded + remainder, in billing units."""
        per = self.dose.code.per.amount
        remainder = drawn / per - units - discarded
        self.sheet.unit_ledger.append(
            UnitLedgerEntry(
                code=self.dose.code.code,
                date_of_service=self.dose.dated,
                drawn=drawn / per,
                billed=Decimal(units),
                discarded=Decimal(discarded),
                remainder=remainder,
                remainder_reason=reason,
            )
        )


_FAMILY_ORDER = {
    LineFamily.CHEMO: 0,
    LineFamily.THERAPEUTIC: 1,
    LineFamily.HYDRATION: 2,
    LineFamily.OTHER: 3,
}


def _single_dose(sheet: Worksheet, line: _Line, units: int, rest: int) -> None:
    """One line or two for single-dose containers whose rest is documented (H4-H6, H13)."""
    dose = line.dose
    numbers = _numbers(dose)
    _find_mismatch(sheet, dose)
    mode = sheet.policy["waste_mode"]
    is_reported = rest >= 1 and sheet.in_force.is_jw_in_force
    if is_reported and mode == "one_line_whole_vial":
        why = sheet.chose("whole_vial", "H13", "waste_mode", **numbers)
        line.bill(units + rest, (), why)
        line.balance(units + rest, 0, drawn=dose.opened)
    elif is_reported and mode == "two_lines":
        line.bill(units, (), step("discard_beside", "H5", **numbers))
        line.bill(
            rest,
            (DISCARDED,),
            sheet.chose("discarded", "H4", "waste_mode", units=rest, **numbers),
            Role.DISCARDED,
        )
        line.balance(units, rest, drawn=dose.opened)
    elif rest >= 1:
        why = (
            sheet.chose("administered_only", "H13", "waste_mode", **numbers)
            if sheet.in_force.is_jw_in_force
            else step("before_jw", "H5")
        )
        line.bill(units, (), why)
        line.balance(units, 0, drawn=dose.opened, reason="not_reported")
    else:
        _nothing_discarded(sheet, line, units, numbers)


def _nothing_discarded(sheet: Worksheet, line: _Line, units: int, numbers: dict[str, Scalar]) -> None:
    has_jz = sheet.in_force.is_jz_in_force and sheet.policy["jz"] == "true"
    if has_jz:
        why = sheet.chose("none_discarded", "H6", "jz", **numbers)
    elif sheet.in_force.is_jz_in_force:
        why = sheet.chose("jz_not_asked", "H13", "jz")
    else:
        why = step("before_jz", "H5")
    line.bill(units, (NONE_DISCARDED,) if has_jz else (), why)
    line.balance(units, 0, drawn=line.dose.opened)


def _find(sheet: Worksheet, dose: _Dose, kind: FindingKind, severity: Severity, why: str) -> None:
    rule = "H12" if kind == FindingKind.WASTE_NOT_DOCUMENTED else "H4"
    sheet.find(
        kind,
        severity,
        dose.entries,
        step(why, rule, code=dose.code.code, **_numbers(dose)),
        step("mend_discard", rule),
    )


def _find_mismatch(sheet: Worksheet, dose: _Dose) -> None:
    if dose.discarded is not None and dose.discarded != dose.opened - dose.given:
        _find(sheet, dose, FindingKind.WASTE_MISMATCH, Severity.WARNS, "waste_mismatch")


def _find_discard_of_multi_dose(sheet: Worksheet, dose: _Dose) -> None:
    if dose.discarded:
        _find(sheet, dose, FindingKind.JW_ON_MULTI_DOSE, Severity.INFORMS, "jw_on_multi_dose")


def _find_smaller_vials(sheet: Worksheet, dose: _Dose) -> None:
    """Whether the marketed sizes would have made the dose with less drawn (H8)."""
    if not dose.has_containers or not dose.is_single_dose or dose.given > dose.opened:
        return
    drug = dose.entries[0].given.drug
    sizes = [amounts.converted(size, dose.code.per.unit, drug.concentration) for size in drug.marketed_sizes]
    least = amounts.smallest_opened(dose.given, [size for size in sizes if size is not None])
    if least is None or least >= dose.opened:
        return
    sheet.find(
        FindingKind.SMALLER_VIALS,
        Severity.WARNS,
        dose.entries,
        step(
            "smaller_vials",
            "H8",
            drug=names(dose.entries),
            opened=plain(dose.opened),
            least=plain(least),
            unit=dose.code.per.unit,
        ),
    )


def _attach_ndc(sheet: Worksheet, draft: Draft, entries: list[Entry], *, is_unclassified: bool) -> None:
    """The claim's NDC where the policy asks for it, or where the record already holds one (I1-I5)."""
    for entry in entries:
        ndc = entry.given.ndc
        if ndc is None:
            continue
        claim = ndc_of_claim(ndc.claim or ndc.label)
        if claim is None:
            if draft.role != Role.DISCARDED:
                sheet.find(
                    FindingKind.NDC_INVALID,
                    Severity.WARNS,
                    [entry],
                    step("ndc_invalid", "R28", drug=entry.drug, ndc=ndc.label),
                    step("mend_ndc", "R28"),
                )
            continue
        wanted = sheet.policy["ndc_required"]
        if is_unclassified or wanted != "noc_only":
            draft.ndc = NdcLine(claim, ndc.quantity, ndc.unit)
            draft.steps.append(sheet.chose("ndc_on_line", "I5", "ndc_required", ndc=claim))
        return


SEGMENTS = (5, 4, 2)
"""Digits of labeler, product and package on a claim."""
NDC_DIGITS = sum(SEGMENTS)


def ndc_of_claim(text: str) -> str | None:
    """Eleven digits, 5-4-2; None where the short segment of a ten-digit number cannot be known (I1).

    >>> ndc_of_claim("0517-0650-01")
    '00517065001'
    >>> ndc_of_claim("0517065001") is None
    True
    """
    parts = str(text).strip().split("-")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if len(parts) == 1:
        return parts[0] if len(parts[0]) == NDC_DIGITS else None
    if len(parts) != len(SEGMENTS) or sum(map(len, parts)) < NDC_DIGITS - 1:
        return None
    if any(len(part) > width for part, width in zip(parts, SEGMENTS, strict=True)):
        return None
    return "".join(part.zfill(width) for part, width in zip(parts, SEGMENTS, strict=True))
