"""MIMIC-IV, intensive care: one encounter a stay, one administration an order's item."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from encounters.datasets.amounts import amount, total
from encounters.datasets.drug_names import charted_drug
from encounters.datasets.runs import joined
from encounters.datasets.tables import rows
from encounters.intake.records import (
    AdministrationRecord,
    EncounterRecord,
    OrderRecord,
    PatientRecord,
    ReadEncounter,
)

# Order category: route as the category says it, None where it says none.
ROUTES = {
    "01-Drips": "IV",
    "02-Fluids (Crystalloids)": "IV",
    "03-IV Fluid Bolus": "IV",
    "04-Fluids (Colloids)": "IV",
    "05-Med Bolus": "IV",
    "06-Insulin (Non IV)": "SC",
    "07-Blood Products": "IV",
    "08-Antibiotics (IV)": "IV",
    "09-Antibiotics (Non IV)": "PO",
    "10-Prophylaxis (IV)": "IV",
    "11-Prophylaxis (Non IV)": "SC",
    "12-Parenteral Nutrition": "IV",
    "13-Enteral Nutrition": "PO",
    "14-Oral/Gastric Intake": "PO",
    "16-Pre Admission/Non-ICU": "",
}
Row = Mapping[str, str]


def moment(text: str) -> datetime:
    """A time of the dataset: shifted by centuries and without a zone, so it is read as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stays(folder: Path, *, as_outpatient: bool, set_aside: Counter[str]) -> Iterator[ReadEncounter]:
    """Each stay of icu/inputevents with its administrations; what cannot be one is counted in `set_aside`."""
    items = {row["itemid"]: row["label"] for row in rows(folder / "icu", "d_items", "itemid", "label")}
    admitted = {row["hadm_id"]: moment(row["admittime"]) for row in rows(folder / "hosp", "admissions", "admittime")}
    of_stay: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder / "icu", "inputevents", "stay_id", "linkorderid", "starttime", "endtime"):
        if not row["starttime"] or not row["endtime"] or row["endtime"] < row["starttime"]:
            set_aside["no usable start and stop"] += 1
        else:
            of_stay[row["stay_id"]].append(row)
    for stay_id, events in sorted(of_stay.items()):
        inpatient_order = None if as_outpatient else admitted.get(events[0]["hadm_id"])
        yield _stay(stay_id, events, items, inpatient_order)


def _stay(
    stay_id: str, events: Sequence[Row], items: Mapping[str, str], inpatient_order: datetime | None
) -> ReadEncounter:
    of_order: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in events:
        of_order[row["linkorderid"], row["itemid"]].append(row)
    members = Counter(order for order, _ in of_order)
    administrations = [
        _administration(order, segments, items, is_mixed=members[order] > 1)
        for (order, _), segments in of_order.items()
    ]
    administrations.sort(key=lambda each: (each.started_at or datetime.min.replace(tzinfo=UTC), each.external_id))
    first = min(moment(row["starttime"]) for row in events)
    encounter = EncounterRecord(
        external_id=f"icu-{stay_id}",
        patient=PatientRecord(mrn=f"MIMIC-{events[0]['subject_id']}"),
        setting="facility",
        place_of_service="22",
        date_of_service=first.date(),
        time_zone="UTC",
        inpatient_order_at=inpatient_order,
        regimen="MIMIC-IV demo, intensive care",
        administrations=tuple(administrations),
        orders=tuple(
            OrderRecord(reference=each.order, drug_name=each.drug_name)
            for each in {each.order: each for each in administrations}.values()
        ),
    )
    return ReadEncounter(encounter, records=len(events))


def _administration(
    order: str, segments: Sequence[Row], items: Mapping[str, str], *, is_mixed: bool
) -> AdministrationRecord:
    last = max(segments, key=lambda row: row["endtime"])
    run = joined((moment(row["starttime"]), moment(row["endtime"])) for row in segments)
    drug = charted_drug(items.get(last["itemid"], f"item {last['itemid']}"))
    route = ROUTES.get(last["ordercategoryname"], "")
    is_continuous = last["ordercategorydescription"] != "Drug Push"
    given = [found for row in segments if (found := amount(row["amount"], row["amountuom"]))]
    dose = total(given)
    is_fluid = dose is not None and dose.unit == "mL"
    is_carrier = is_mixed and last["ordercomponenttypedescription"].strip() == "Mixed solution"
    return AdministrationRecord(
        external_id=f"{order}-{last['itemid']}",
        drug_name=drug.name,
        kind=drug.kind,
        route=route,
        technique=_technique(route, is_continuous=is_continuous),
        started_at=run.started_at,
        stopped_at=run.stopped_at,
        pauses=run.pauses,
        bag=order if is_mixed else "",
        purpose="diluent" if is_carrier else "",
        status="stopped" if last["statusdescription"] == "Stopped" else "",
        order=order,
        dose=dose,
        volume_ml=round(dose.amount, 3) if dose and is_fluid else None,
        is_on_pump=(is_continuous and route == "IV") or None,
        charted_by=last["caregiver_id"],
    )


def _technique(route: str, *, is_continuous: bool) -> str:
    if route == "SC":
        return "injection"
    if route != "IV":
        return ""
    return "infusion" if is_continuous else "push"
