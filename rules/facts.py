"""What one coding run is told: frozen values, no rules.

Times are aware datetimes whose seconds do not count; a naive one is taken as UTC. Fields take the words of
`rules.vocabulary` (a plain string of the same spelling does as well); a word the engine does not know
leads to a finding, never to an exception.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from rules.vocabulary import AdministrationStatus, Family, Setting, Technique


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount with its unit: mg, mcg, g, units, mEq, mL, L."""

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `stop`, as charted; either may be missing or the two the wrong way round."""

    start: datetime | None
    stop: datetime | None


@dataclass(frozen=True, slots=True)
class BillingCodeFacts:
    """A HCPCS Level II code in force on the date of service, with the amount that one billing unit stands for."""

    code: str
    per: Quantity
    routes: tuple[str, ...] = ()
    price: Decimal | None = None
    """Payment limit in US dollars of one billing unit, where one is published."""
    label: str = ""


@dataclass(frozen=True, slots=True)
class DrugFacts:
    """What the formulary holds of one drug on the date of service."""

    name: str
    """Ingredient, lower case; the same name is the same drug."""
    family: Family | str = Family.OTHER
    billing_codes: tuple[BillingCodeFacts, ...] | None = None
    """None: drug lines are not asked for. Empty: asked for, and the formulary has no code."""
    is_electrolyte: bool = False
    is_biologic: bool = False
    is_immunotherapy: bool = False
    is_new: bool = False
    """New to the market and without a code of its own: C9399 in a facility."""
    is_unmapped: bool = False
    """The charted name was not found in the formulary."""
    concentration: Quantity | None = None
    """Amount in one mL, for doses charted by volume."""
    marketed_sizes: tuple[Quantity, ...] = ()
    """Sizes of the single-dose containers on the market, for the smallest combination (H8)."""
    indications: tuple[str, ...] = ()
    """ICD-10-CM prefixes that the label covers; empty where the formulary does not say."""
    needs_prior_auth: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """`count` containers of one size that were opened; `is_single_dose` None: the label does not say."""

    size: Quantity
    count: int = 1
    is_single_dose: bool | None = None


@dataclass(frozen=True, slots=True)
class NdcFacts:
    """A National Drug Code as printed on the package, and as claimed where the chart already says so."""

    label: str
    claim: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Administration:
    """One entry of the medication record (coding-rules section 0)."""

    id: str
    drug: DrugFacts
    route: str | None = None
    technique: Technique | str | None = None
    start: datetime | None = None
    stop: datetime | None = None
    segments: tuple[Span, ...] | None = None
    pauses: tuple[Span, ...] = ()
    access: str = "A"
    bag: str | None = None
    purpose: str | None = None
    status: AdministrationStatus | str = AdministrationStatus.GIVEN
    visit: int = 1
    order: str | None = None
    dose: Quantity | None = None
    containers: tuple[Container, ...] = ()
    discarded: Quantity | None = None
    """The amount charted as discarded; None: nothing is charted about the rest."""
    volume_ml: Decimal | None = None
    rate: str | None = None
    lot: str | None = None
    ndc: NdcFacts | None = None
    diagnosis: str | None = None
    is_implanted: bool = False
    lesions: int = 1
    is_new_setup: bool = False
    is_puncture_by_other: bool = False
    is_without_tap: bool = False
    is_on_pump: bool = False
    """A pump carries the run, so that it may last longer than 24 h."""
    charted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A vascular access. `reason`: why a further one was used, None where none is documented."""

    label: str
    reason: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered, to be held against what was given. Dose already resolved from mg/kg or mg/m²."""

    reference: str
    drug: str
    dose: Quantity | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class PriorAuthorization:
    """A payer's approval for a drug: inclusive dates, and the cycles or units left (None: without limit)."""

    drug: str
    valid_from: date | None = None
    valid_until: date | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """What the record holds beside the medication record. None: not known, so nothing is said about it."""

    has_treatment_plan: bool | None = None
    has_response_charted: bool | None = None
    has_off_label_support: bool | None = None
    prior_authorizations: tuple[PriorAuthorization, ...] | None = None
    are_orders_known: bool = False
    """True: `orders` is complete, so that an administration without one earns a finding."""
    are_lots_known: bool = False


@dataclass(frozen=True, slots=True)
class OtherService:
    """A code that others report for the same encounter, such as an evaluation visit."""

    code: str
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncounterFacts:
    """All that one coding run knows of one encounter."""

    encounter_id: str
    date_of_service: date
    setting: Setting | str = Setting.FACILITY
    place_of_service: str | None = None
    is_professional_claim: bool | None = None
    """None: professional in an office, institutional in a facility."""
    payer: str | None = None
    """Name of the payer's policy layer, None for the base alone."""
    facility: str | None = None
    """Name of the facility's policy layer."""
    start: datetime | None = None
    end: datetime | None = None
    inpatient_order: datetime | None = None
    has_earlier_encounter: bool = False
    """Another encounter of the patient precedes this one on the same day."""
    is_340b: bool = False
    diagnoses: tuple[str, ...] | None = None
    """ICD-10-CM codes in charted order; None: not known, so nothing is said about them."""
    primary_reason: str | None = None
    accesses: tuple[Access, ...] = ()
    orders: tuple[Order, ...] = ()
    documents: Documents = field(default_factory=Documents)
    other_services: tuple[OtherService, ...] = ()
    administrations: tuple[Administration, ...] = ()
