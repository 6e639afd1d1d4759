"""The drug lines: HCPCS units, discarded amounts, JW and JZ (coding-rules section 12)."""

from decimal import Decimal
from typing import Final

from rules import amounts
from rules.amounts import plain
from rules.result import Scalar, Step, UnitLedgerEntry
from rules.vocabulary import FindingKind, LineFamily, Role, Severity
from rules.worksheet.doses import Dose, Preparation
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import LAST, names
from rules.worksheet.words import CHEMO, HYDRATION, THERAPEUTIC

DISCARDED: Final = "JW"
NONE_DISCARDED: Final = "JZ"
WHOLE_VIAL: Final = "one_line_whole_vial"


def code(sheet: Worksheet) -> None:
    """Gives each dose its lines."""
    if not sheet.doses:
        return
    for place, dose in enumerate(sheet.doses):
        _lines(sheet, dose, place)
    _attest_once(sheet)


def _attest_once(sheet: Worksheet) -> None:
    """Where any of a drug was discarded on a date, no other line of it that day says that nothing was (H6)."""
    discarded = {(draft.code, draft.date_of_service) for draft in sheet.drafts if DISCARDED in draft.modifiers}
    if not discarded:
        return
    for draft in sheet.drafts:
        if NONE_DISCARDED in draft.modifiers and (draft.code, draft.date_of_service) in discarded:
            draft.modifiers.remove(NONE_DISCARDED)
            draft.steps.append(step("jw_elsewhere", "H6"))


def _lines(sheet: Worksheet, dose: Dose, place: int) -> None:
    per = dose.code.per.amount
    most = per * sheet.terms.in_force.number("units_to")
    if dose.given > most or dose.opened >= most + per:
        _find_beyond_any_claim(sheet, dose)
        return
    units = amounts.whole_units(dose.given / per, sheet.answers["unit_rounding"])
    labelled = int(dose.opened // per)
    numbers = _numbers(dose)
    given = sheet.chose("drug_units", "H2", "unit_rounding", units=units, **numbers)
    line = _Line(sheet, dose, given, place)
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
    elif dose.given < dose.opened and dose.discarded is None and _is_rest_billed(sheet):
        line.bill(units, (), step("waste_not_documented", "H12", **numbers))
        line.balance(units, 0, drawn=dose.opened, reason="not_documented")
        _find(sheet, dose, FindingKind.WASTE_NOT_DOCUMENTED, Severity.BLOCKS, "waste_not_documented")
    else:
        _single_dose(sheet, line, units, max(0, labelled - units))
    _find_smaller_vials(sheet, dose)


def _find_beyond_any_claim(sheet: Worksheet, dose: Dose) -> None:
    """More than a line of a claim can hold is a charting error: no units (R26)."""
    sheet.find(
        FindingKind.UNIT_MISMATCH,
        Severity.BLOCKS,
        dose.entries,
        step("beyond_any_claim", "R26", code=dose.code.code, **_numbers(dose)),
        step("mend_dose", "H1"),
    )


def _is_rest_billed(sheet: Worksheet) -> bool:
    """Whether what is left over could be billed at all, so that the record must bear it (H12)."""
    return sheet.terms.in_force.is_jw_in_force or sheet.answers["waste_mode"] == WHOLE_VIAL


def _numbers(dose: Dose) -> dict[str, Scalar]:
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

    def __init__(self, sheet: Worksheet, dose: Dose, given: Step, place: int) -> None:
        self.sheet, self.dose, self.given, self.place = sheet, dose, given, place

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
                LAST if first.start is None else first.start,
                2 * self.place + (role is Role.DISCARDED),
                first.id,
            ),
            steps=[self.given, why] if role is Role.DRUG else [why, self.given],
            visit=first.visit,
            modifiers=[*dose.modifiers, *modifiers],
            price=dose.code.price,
        )
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


_FAMILY_ORDER: Final = {
    CHEMO: 0,
    THERAPEUTIC: 1,
    HYDRATION: 2,
    LineFamily.OTHER: 3,
}


def _single_dose(sheet: Worksheet, line: _Line, units: int, rest: int) -> None:
    """One line or two for single-dose containers whose rest is documented (H4-H6, H13)."""
    dose = line.dose
    numbers = _numbers(dose)
    _find_mismatch(sheet, dose)
    mode = sheet.answers["waste_mode"]
    is_reported = rest >= 1 and sheet.terms.in_force.is_jw_in_force
    if rest >= 1 and mode == WHOLE_VIAL:
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
            if sheet.terms.in_force.is_jw_in_force
            else step("before_jw", "H5")
        )
        line.bill(units, (), why)
        line.balance(units, 0, drawn=dose.opened, reason="not_reported")
    else:
        _nothing_discarded(sheet, line, units, numbers)


def _nothing_discarded(sheet: Worksheet, line: _Line, units: int, numbers: dict[str, Scalar]) -> None:
    has_jz = sheet.terms.in_force.is_jz_in_force and sheet.answers["jz"] == "true"
    if has_jz:
        why = sheet.chose("none_discarded", "H6", "jz", **numbers)
    elif sheet.terms.in_force.is_jz_in_force:
        why = sheet.chose("jz_not_asked", "H13", "jz")
    else:
        why = step("before_jz", "H5")
    line.bill(units, (NONE_DISCARDED,) if has_jz else (), why)
    line.balance(units, 0, drawn=line.dose.opened)


def _find(sheet: Worksheet, dose: Dose, kind: FindingKind, severity: Severity, why: str) -> None:
    rule = "H12" if kind == FindingKind.WASTE_NOT_DOCUMENTED else "H4"
    sheet.find(
        kind,
        severity,
        dose.entries,
        step(why, rule, code=dose.code.code, **_numbers(dose)),
        step("mend_discard", rule),
    )


def _find_mismatch(sheet: Worksheet, dose: Dose) -> None:
    if dose.discarded is not None and dose.discarded != dose.opened - dose.given:
        _find(sheet, dose, FindingKind.WASTE_MISMATCH, Severity.WARNS, "waste_mismatch")


def _find_discard_of_multi_dose(sheet: Worksheet, dose: Dose) -> None:
    if dose.discarded:
        _find(sheet, dose, FindingKind.JW_ON_MULTI_DOSE, Severity.INFORMS, "jw_on_multi_dose")


def _find_smaller_vials(sheet: Worksheet, dose: Dose) -> None:
    """Whether the marketed sizes would have made what was prepared with less drawn (H8)."""
    if not dose.has_containers or not dose.is_single_dose or dose.given > dose.opened:
        return
    least = [_least(dose, together) for together in _prepared_together(dose)]
    total = sum((one for one in least if one is not None), Decimal(0))
    if None in least or total >= dose.opened:
        return
    sheet.find(
        FindingKind.SMALLER_VIALS,
        Severity.INFORMS,
        dose.entries,
        step(
            "smaller_vials",
            "H8",
            drug=names(dose.entries),
            opened=plain(dose.opened),
            least=plain(total),
            unit=dose.code.per.unit,
        ),
    )


def _prepared_together(dose: Dose) -> list[list[Preparation]]:
    """Each entry by itself where containers are charted for each; else those of one product, which may share them."""
    if all(one.opened for one in dose.prepared):
        return [[one] for one in dose.prepared]
    of_product: dict[str, list[Preparation]] = {}
    for one in dose.prepared:
        of_product.setdefault(one.entry.drug, []).append(one)
    return list(of_product.values())


def _least(dose: Dose, together: list[Preparation]) -> Decimal | None:
    """The smallest combination of the product's marketed sizes that makes it; None where that is not known."""
    drug = together[0].entry.given.drug
    sizes = [amounts.converted(size, dose.code.per.unit, drug.concentration) for size in drug.marketed_sizes]
    given = sum((one.given for one in together), Decimal(0))
    return amounts.smallest_opened(given, [size for size in sizes if size is not None])
