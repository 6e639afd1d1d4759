"""A known encounter that is sent again: what is new in it is added, what differs becomes an addendum.

The charted row never changes. An empty field of the new sending says nothing, so it takes nothing away; what was
charted by mistake is taken back with the status `entered_in_error`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from encounters import addenda
from encounters.intake import chart
from encounters.intake.json_values import container, json_value
from encounters.intake.records import AdministrationRecord, Amount, EncounterRecord
from encounters.models import DrugAdministration, Encounter

# The chart's columns that hold the same as the record's field of that name.
_PLAIN = (
    "drug_name", "kind", "ndc", "hcpcs", "route", "technique", "minutes", "bag", "purpose", "status", "visit",
    "rate", "lot", "diagnosis", "is_implanted", "lesions", "is_new_setup", "is_puncture_by_other",
    "is_without_tap", "is_on_pump", "charted_by",
)  # fmt: skip
_TIMES = ("started_at", "stopped_at")
_AMOUNTS = ("dose", "discarded")


@dataclass(frozen=True, slots=True)
class Correction:
    """An administration whose values differ from what was sent, with the values that were sent."""

    administration: DrugAdministration
    before: dict[str, object]
    changes: dict[str, object]
    line: int | None


@dataclass(slots=True)
class Difference:
    """What a sending says that the chart does not say yet."""

    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)
    added: list[AdministrationRecord] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.after or self.added or self.corrections)


def reason_of(source: str) -> str:
    """The reason of addenda that came from the sending system itself."""
    return f"sent again by {source}"


def difference(encounter: Encounter, record: EncounterRecord) -> Difference:
    """What `record` says beyond what its source said before. The related rows should be prefetched.

    A person's addendum is not undone by the source repeating itself: only what the source says anew counts.
    """
    found = Difference()
    _compare_encounter(found, encounter, record)
    known = {each.external_id: each for each in encounter.administrations.all()}
    for each in record.administrations:
        if each.external_id not in known:
            found.added.append(each)
            continue
        row = known[each.external_id]
        before, said = sent_values(row, source=encounter.source), said_values(each)
        changed = {name: value for name, value in said.items() if not _says_the_same(name, before.get(name), value)}
        if changed:
            found.corrections.append(Correction(row, {name: before.get(name) for name in changed}, changed, each.line))
    return found


def _says_the_same(name: str, before: object, said: object) -> bool:
    if before == said:
        return True
    if name == "containers" or before is None:
        return False
    return addenda.read_change(field=name, value=before) == addenda.read_change(field=name, value=said)


def sent_values(row: DrugAdministration, *, source: str) -> dict[str, object]:
    """The administration as its source last stated it, as JSON values."""
    values: dict[str, object] = {name: getattr(row, name) for name in _PLAIN}
    values |= {name: json_value(getattr(row, name)) for name in _TIMES}
    for name in _AMOUNTS:
        values |= _amount_values(name, getattr(row, f"{name}_amount"), getattr(row, f"{name}_unit"))
    values["volume_ml"] = json_value(row.volume_ml)
    values["access"] = row.access.label if row.access else ""
    values["order"] = row.order.reference if row.order else ""
    values["pauses"] = [json_value((each.started_at, each.stopped_at)) for each in row.pauses.all()]
    values["containers"] = [
        container(
            each.size_amount,
            each.size_unit,
            each.count,
            is_single_dose=each.is_single_dose,
            ndc=each.ndc,
            lot=each.lot,
        )
        for each in row.containers.all()
    ]
    for addendum in sorted(row.addenda.all(), key=lambda each: each.pk):
        if addendum.reason == reason_of(source):
            values |= addendum.changes
    return values


def said_values(record: AdministrationRecord) -> dict[str, object]:
    """What the record says, as JSON values by the chart's column names; what it does not say is left out."""
    said: dict[str, object] = {name: getattr(record, name) for name in (*_PLAIN, "access", "order")}
    said |= {name: json_value(getattr(record, name)) for name in _TIMES}
    for name in _AMOUNTS:
        amount: Amount | None = getattr(record, name)
        if amount:
            said |= _amount_values(name, amount.amount, amount.unit)
    said["volume_ml"] = json_value(record.volume_ml)
    said["pauses"] = [json_value((each.started_at, each.stopped_at)) for each in record.pauses]
    said["containers"] = [
        container(
            each.size.amount,
            each.size.unit,
            each.count,
            is_single_dose=each.is_single_dose,
            ndc=each.ndc,
            lot=each.lot,
        )
        for each in record.containers
    ]
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _amount_values(name: str, amount: Decimal | None, unit: str) -> dict[str, object]:
    return {f"{name}_amount": json_value(amount), f"{name}_unit": unit}


def _compare_encounter(found: Difference, encounter: Encounter, record: EncounterRecord) -> None:
    said = chart.encounter_values(record)
    said.pop("documents", None)
    current = {name: getattr(encounter, name) for name in said}
    if record.documents:
        said["documents"], current["documents"] = encounter.documents | dict(record.documents), encounter.documents
    if record.diagnoses is not None:
        said["diagnoses"] = list(record.diagnoses)
        current["diagnoses"] = [each.code for each in sorted(encounter.diagnoses.all(), key=lambda each: each.position)]
    for name, code in (("location", record.location), ("payer", record.payer)):
        if code:
            known = getattr(encounter, name)
            said[name], current[name] = code, known.code if known else ""
    if record.patient.mrn != encounter.patient.mrn:
        said["patient"], current["patient"] = record.patient.mrn, encounter.patient.mrn
    _compare_shared(said, current, encounter, record)
    for name, value in said.items():
        if current[name] != value:
            found.before[name], found.after[name] = json_value(current[name]), json_value(value)


def _compare_shared(
    said: dict[str, object], current: dict[str, object], encounter: Encounter, record: EncounterRecord
) -> None:
    accesses = {each.label: each for each in encounter.accesses.all()}
    orders = {each.reference: each for each in encounter.orders.all()}
    for access in record.accesses:
        if known_access := accesses.get(access.label):
            for name in ("kind", "body_site", "reason"):
                if value := getattr(access, name):
                    key = f"access {access.label} {name}"
                    said[key], current[key] = value, getattr(known_access, name)
    for order in record.orders:
        if known_order := orders.get(order.reference):
            key = f"order {order.reference}"
            for name in ("drug_name", "route"):
                if value := getattr(order, name):
                    said[f"{key} {name}"], current[f"{key} {name}"] = value, getattr(known_order, name)
            if order.dose:
                said[f"{key} dose"] = _shown(order.dose.amount, order.dose.unit)
                current[f"{key} dose"] = _shown(known_order.dose_amount, known_order.dose_unit)


def _shown(amount: Decimal | None, unit: str) -> str:
    return "" if amount is None else f"{json_value(amount)} {unit}".strip()


def apply_to_encounter(encounter: Encounter, record: EncounterRecord, after: Mapping[str, object]) -> None:
    """Write what differs outside the administrations; `encounter` is locked and saved by the caller."""
    values = chart.encounter_values(record)
    for name in after:
        if name == "documents":
            encounter.documents = encounter.documents | dict(record.documents)
        elif name == "diagnoses":
            encounter.diagnoses.all().delete()
            encounter.diagnoses.bulk_create(chart.diagnoses(encounter, record.diagnoses or ()))
            encounter.are_diagnoses_known = True
        elif name in values:
            setattr(encounter, name, values[name])
    for access in record.accesses:
        parts = {name: getattr(access, name) for name in ("kind", "body_site", "reason") if getattr(access, name)}
        encounter.accesses.update_or_create(label=access.label, defaults=parts)
    for order in record.orders:
        parts = {name: getattr(order, name) for name in ("drug_name", "route") if getattr(order, name)}
        if order.dose:
            parts |= {"dose_amount": order.dose.amount, "dose_unit": order.dose.unit}
        encounter.orders.update_or_create(reference=order.reference, defaults=parts)
