"""New encounters: from records to rows of the chart, many at once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from django.db.models import Max

from drugs.selectors import Charted, Resolution, resolve_many
from encounters.intake.records import AdministrationRecord, Amount, EncounterRecord
from encounters.models import (
    AdministrationPause,
    Container,
    Diagnosis,
    DrugAdministration,
    Encounter,
    Location,
    Order,
    Patient,
    Payer,
    VascularAccess,
)


def digest(record: EncounterRecord) -> str:
    """SHA-256 of all that the record says; equal digests say the same."""
    return hashlib.sha256(repr(record).encode()).hexdigest()


def resolutions(records: Iterable[EncounterRecord]) -> dict[tuple[date, AdministrationRecord], Resolution]:
    """What the formulary knows of each administration's drug on its date of service, with one look at it."""
    charted = {
        (record.date_of_service, each): Charted(
            on=record.date_of_service,
            name=each.drug_name,
            ndc=each.ndc or None,
            hcpcs=each.hcpcs or None,
            route=each.route or None,
        )
        for record in records
        for each in record.administrations
    }
    return dict(zip(charted, resolve_many(charted.values()), strict=True))


class NewCharts:
    """The unsaved rows of encounters that come for the first time."""

    def __init__(
        self,
        records: Sequence[EncounterRecord],
        *,
        source: str,
        patients: Mapping[str, Patient],
        at: datetime,
    ) -> None:
        self.records = records
        self._resolutions = resolutions(records)
        self._locations = Location.objects.in_bulk(
            {record.location for record in records if record.location}, field_name="code"
        )
        self._payers = Payer.objects.in_bulk({record.payer for record in records if record.payer}, field_name="code")
        self.encounters = [self._encounter(record, source, patients, at) for record in records]

    def store(self) -> None:
        """Write all rows; the caller holds the transaction."""
        Encounter.objects.bulk_create(self.encounters)
        pairs = list(zip(self.encounters, self.records, strict=True))
        Diagnosis.objects.bulk_create(
            chain.from_iterable(diagnoses(encounter, record.diagnoses or ()) for encounter, record in pairs)
        )
        accesses = VascularAccess.objects.bulk_create(
            chain.from_iterable(access_rows(encounter, record) for encounter, record in pairs)
        )
        orders = Order.objects.bulk_create(
            chain.from_iterable(order_rows(encounter, record) for encounter, record in pairs)
        )
        access_of = {(each.encounter_id, each.label): each for each in accesses}
        order_of = {(each.encounter_id, each.reference): each for each in orders}
        rows = []
        for encounter, record in pairs:
            for position, each in enumerate(record.administrations, start=1):
                resolution = self._resolutions[record.date_of_service, each]
                row = administration_row(each, encounter=encounter, position=position, resolution=resolution)
                row.access = access_of.get((encounter.pk, each.access))
                row.order = order_of.get((encounter.pk, each.order))
                rows.append((row, each))
        store_administrations(rows)

    def _encounter(
        self, record: EncounterRecord, source: str, patients: Mapping[str, Patient], at: datetime
    ) -> Encounter:
        encounter = Encounter(
            source=source,
            external_id=record.external_id,
            patient=patients[record.patient.mrn],
            content_digest=digest(record),
            received_at=at,
            are_diagnoses_known=record.diagnoses is not None,
        )
        for name, value in encounter_values(record).items():
            setattr(encounter, name, value)
        encounter.location = self._locations.get(record.location)
        encounter.payer = self._payers.get(record.payer)
        return encounter


def add_administrations(encounter: Encounter, record: EncounterRecord, added: Sequence[AdministrationRecord]) -> None:
    """Write administrations that come later to an encounter that is there, behind those it has."""
    found = resolutions([record])
    for access in access_rows(encounter, record):
        encounter.accesses.get_or_create(
            label=access.label,
            defaults={"kind": access.kind, "body_site": access.body_site, "reason": access.reason},
        )
    for order in order_rows(encounter, record):
        encounter.orders.get_or_create(
            reference=order.reference,
            defaults={
                "drug_name": order.drug_name,
                "dose_amount": order.dose_amount,
                "dose_unit": order.dose_unit,
                "route": order.route,
            },
        )
    accesses = {each.label: each for each in encounter.accesses.all()}
    orders = {each.reference: each for each in encounter.orders.all()}
    last = encounter.administrations.aggregate(last=Max("position"))["last"] or 0
    rows = []
    for position, each in enumerate(added, start=last + 1):
        row = administration_row(
            each, encounter=encounter, position=position, resolution=found[record.date_of_service, each]
        )
        row.access, row.order = accesses.get(each.access), orders.get(each.order)
        rows.append((row, each))
    store_administrations(rows)


def encounter_values(record: EncounterRecord) -> dict[str, object]:
    """The columns of the encounter that the record says something about, apart from patient, location and payer."""
    said: dict[str, object] = {
        "setting": record.setting,
        "place_of_service": record.place_of_service,
        "is_professional_claim": record.is_professional_claim,
        "date_of_service": record.date_of_service,
        "time_zone": record.time_zone,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "inpatient_order_at": record.inpatient_order_at,
        "has_earlier_encounter": record.has_earlier_encounter,
        "is_340b": record.is_340b,
        "regimen": record.regimen,
        "primary_reason": record.primary_reason,
        "documents": dict(record.documents),
        "other_services": [{"code": code, "modifiers": list(modifiers)} for code, modifiers in record.other_services],
    }
    return {name: value for name, value in said.items() if value not in (None, "", {}, [])}


def diagnoses(encounter: Encounter, codes: Iterable[str]) -> list[Diagnosis]:
    """Unsaved rows of the codes in their order."""
    return [
        Diagnosis(encounter=encounter, position=position, code=code) for position, code in enumerate(codes, start=1)
    ]


def access_rows(encounter: Encounter, record: EncounterRecord) -> list[VascularAccess]:
    """Unsaved rows of the record's accesses."""
    return [
        VascularAccess(
            encounter=encounter,
            label=each.label,
            kind=each.kind,
            body_site=each.body_site,
            reason=each.reason,
        )
        for each in record.accesses
    ]


def order_rows(encounter: Encounter, record: EncounterRecord) -> list[Order]:
    """Unsaved rows of the record's orders."""
    return [
        Order(
            encounter=encounter,
            reference=each.reference,
            drug_name=each.drug_name,
            dose_amount=_number(each.dose),
            dose_unit=_unit(each.dose),
            route=each.route,
        )
        for each in record.orders
    ]


def administration_row(
    record: AdministrationRecord, *, encounter: Encounter, position: int, resolution: Resolution
) -> DrugAdministration:
    """The unsaved row of an administration, without its access and order."""
    row = DrugAdministration(
        encounter=encounter,
        external_id=record.external_id,
        position=position,
        drug_name=record.drug_name,
        drug=resolution.drug,
        product=resolution.product if resolution.drug else None,
        kind=record.kind,
        ndc=record.ndc,
        hcpcs=record.hcpcs,
        route=record.route,
        technique=record.technique,
        started_at=record.started_at,
        stopped_at=record.stopped_at,
        minutes=record.minutes,
        bag=record.bag,
        purpose=record.purpose,
        dose_amount=_number(record.dose),
        dose_unit=_unit(record.dose),
        discarded_amount=_number(record.discarded),
        discarded_unit=_unit(record.discarded),
        volume_ml=record.volume_ml,
        rate=record.rate,
        lot=record.lot,
        diagnosis=record.diagnosis,
        is_implanted=bool(record.is_implanted),
        is_new_setup=bool(record.is_new_setup),
        is_puncture_by_other=bool(record.is_puncture_by_other),
        is_without_tap=bool(record.is_without_tap),
        is_on_pump=bool(record.is_on_pump),
        charted_by=record.charted_by,
    )
    # The columns' own defaults stand where the sender says nothing.
    for name in ("status", "visit", "lesions"):
        if value := getattr(record, name):
            setattr(row, name, value)
    return row


def store_administrations(rows: Sequence[tuple[DrugAdministration, AdministrationRecord]]) -> None:
    """Write administrations with their pauses and containers."""
    DrugAdministration.objects.bulk_create([row for row, _ in rows])
    AdministrationPause.objects.bulk_create(
        AdministrationPause(administration=row, started_at=pause.started_at, stopped_at=pause.stopped_at)
        for row, record in rows
        for pause in record.pauses
    )
    Container.objects.bulk_create(
        Container(
            administration=row,
            size_amount=each.size.amount,
            size_unit=each.size.unit,
            count=each.count,
            is_single_dose=each.is_single_dose,
            ndc=each.ndc,
            lot=each.lot,
        )
        for row, record in rows
        for each in record.containers
    )


def _number(amount: Amount | None) -> Decimal | None:
    return amount.amount if amount else None


def _unit(amount: Amount | None) -> str:
    return amount.unit if amount else ""
