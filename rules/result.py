"""What one coding run says: data first; `rules.explain` makes sentences of it.

Named tuples: a run makes dozens of these values, and they are the quickest to make that cannot be changed.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity

Scalar: TypeAlias = str | int | bool | None


class Step(NamedTuple):
    """One thought of the engine: `kind` names the sentence, `values` the numbers in it, `rule` the rule behind it.

    `policy` is the policy key that decided and the value it had, where one did.
    """

    kind: str
    rule: str
    values: tuple[tuple[str, Scalar], ...] = ()
    policy: tuple[str, str] | None = None


class Lost(NamedTuple):
    """An alternative that was weighed and lost: its code, why, and the rule that decided."""

    code: str
    step: Step


class NdcLine(NamedTuple):
    """What a drug line says in the claim's NDC segment: N4 qualifier, 11 digits, quantity and its unit."""

    code: str
    quantity: Decimal | None
    unit: str | None


class CodedLine(NamedTuple):
    """A suggested line. `key` is stable within a run; minutes are those it consumed, None where it is not timed."""

    key: str
    code: str
    units: int
    role: Role
    family: LineFamily
    administrations: tuple[str, ...]
    date_of_service: date
    modifiers: tuple[str, ...] = ()
    access: str | None = None
    visit: int = 1
    minutes: int | None = None
    steps: tuple[Step, ...] = ()
    lost: tuple[Lost, ...] = ()
    diagnoses: tuple[str, ...] = ()
    narrative: str | None = None
    ndc: NdcLine | None = None
    price: Decimal | None = None
    """US dollars of one unit, None where no price is known."""
    further_ndcs: tuple[NdcLine, ...] = ()
    """Where the line's amount came of packages with several NDCs: those beside `ndc`."""


class NotBilled(NamedTuple):
    """An administration (or part of one) that earns no line, with its reason. `minutes` None: not timed."""

    administration: str
    reason: Reason
    step: Step
    minutes: int | None = None


class Counterfactual(NamedTuple):
    """The lines as they would be if `mended` were so, as differences: (code, modifiers, units now, units then)."""

    mended: Step
    changes: tuple[tuple[str, tuple[str, ...], int, int], ...]
    dollars: Decimal | None = None


class Finding(NamedTuple):
    """Something the record lacks or contradicts; `mend` says what would settle it."""

    kind: FindingKind
    severity: Severity
    administrations: tuple[str, ...]
    step: Step
    mend: Step | None = None
    counterfactuals: tuple[Counterfactual, ...] = ()


class LedgerEntry(NamedTuple):
    """Minutes of one administration that went to one bucket: a line's key, or a reason.

    `spans` are the clock times of those minutes as ISO 8601 text, so that a timeline can draw them.
    """

    administration: str
    bucket: str
    is_line: bool
    minutes: int
    spans: tuple[tuple[str, str], ...] = ()


class UnitLedgerEntry(NamedTuple):
    """Amounts of one HCPCS code on one date, in billing units: drawn = billed + discarded + remainder.

    `remainder_reason` is rounding, multi_dose or not_documented; a negative remainder is rounding up.
    """

    code: str
    date_of_service: date
    drawn: Decimal
    billed: Decimal
    discarded: Decimal
    remainder: Decimal
    remainder_reason: str


class SuggestedDiagnosis(NamedTuple):
    """A charted diagnosis at its suggested place, or one whose absence is a finding."""

    code: str
    step: Step | None = None


class Versions(NamedTuple):
    """What made a result: engine release, rulebook content hash, the policy layers applied and every key's value."""

    engine: str
    rulebook: str
    policy: str
    layers: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


class CodingResult(NamedTuple):
    """The whole answer for one encounter, in claim order: initial services first, drugs after administration."""

    encounter_id: str
    lines: tuple[CodedLine, ...]
    not_billed: tuple[NotBilled, ...]
    findings: tuple[Finding, ...]
    minute_ledger: tuple[LedgerEntry, ...]
    unit_ledger: tuple[UnitLedgerEntry, ...]
    diagnoses: tuple[SuggestedDiagnosis, ...]
    versions: Versions
