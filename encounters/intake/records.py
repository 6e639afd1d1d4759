"""What a sender says about encounters, checked cell by cell and not yet stored: frozen values, no tables.

Every time is aware; every text is free of NUL and fits its column; every word is one of `rules.vocabulary`.
An empty text or None means that the sender says nothing about it. Records are equal when they say the same, wherever
they stood in their file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact amount with its unit, such as 250 mg."""

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class PauseRecord:
    """A stretch in which nothing ran."""

    started_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    """`count` opened containers of one labelled size; `is_single_dose` None: the sender does not say."""

    size: Amount
    count: int = 1
    is_single_dose: bool | None = None
    ndc: str = ""
    lot: str = ""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What was ordered under `reference`."""

    reference: str
    drug_name: str = ""
    dose: Amount | None = None
    route: str = ""


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """A vascular access; `reason` says why a further one was needed."""

    label: str
    kind: str = ""
    body_site: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """The person as the sender names them."""

    mrn: str
    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class AdministrationRecord:
    """One entry of the medication record. None in a count or a flag: the sender does not say."""

    external_id: str
    drug_name: str
    line: int | None = field(default=None, compare=False, repr=False)
    kind: str = ""
    ndc: str = ""
    hcpcs: str = ""
    route: str = ""
    technique: str = ""
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    minutes: int | None = None
    access: str = ""
    bag: str = ""
    purpose: str = ""
    status: str = ""
    visit: int | None = None
    order: str = ""
    dose: Amount | None = None
    discarded: Amount | None = None
    volume_ml: Decimal | None = None
    rate: str = ""
    lot: str = ""
    diagnosis: str = ""
    is_implanted: bool | None = None
    lesions: int | None = None
    is_new_setup: bool | None = None
    is_puncture_by_other: bool | None = None
    is_without_tap: bool | None = None
    is_on_pump: bool | None = None
    charted_by: str = ""
    pauses: tuple[PauseRecord, ...] = ()
    containers: tuple[ContainerRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class EncounterRecord:
    """One encounter with all that was sent of it. `diagnoses` None: the sender does not say."""

    external_id: str
    patient: PatientRecord
    setting: str
    date_of_service: date
    time_zone: str
    administrations: tuple[AdministrationRecord, ...]
    line: int | None = field(default=None, compare=False, repr=False)
    location: str = ""
    payer: str = ""
    place_of_service: str = ""
    is_professional_claim: bool | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    inpatient_order_at: datetime | None = None
    has_earlier_encounter: bool | None = None
    is_340b: bool | None = None
    regimen: str = ""
    primary_reason: str = ""
    documents: Mapping[str, object] = field(default_factory=dict)
    other_services: tuple[tuple[str, tuple[str, ...]], ...] = ()
    diagnoses: tuple[str, ...] | None = None
    accesses: tuple[AccessRecord, ...] = ()
    orders: tuple[OrderRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that cannot be taken in: where it stands, what is wrong, and the record itself as JSON text.

    `column` is the column of a table, or the path inside a JSON encounter.
    """

    reason: str
    line: int | None = None
    column: str = ""
    record: str = ""
    encounter_id: str = ""
    administration_id: str = ""


@dataclass(frozen=True, slots=True)
class ReadEncounter:
    """What one encounter of a file came to: the good part, if any, and what was refused of it.

    `records` counts the administrations (rows) that were read for it, good and bad.
    """

    encounter: EncounterRecord | None
    refused: tuple[RefusedRecord, ...] = ()
    records: int = 0


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """What a location lends to an encounter that does not say it itself."""

    code: str
    setting: str
    place_of_service: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The locations and payers that records may name, by code."""

    locations: Mapping[str, KnownLocation] = field(default_factory=dict)
    payers: frozenset[str] = frozenset()
