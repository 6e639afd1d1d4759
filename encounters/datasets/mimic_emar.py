"""MIMIC-IV, electronic medication record: one encounter an admission."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from encounters.datasets.amounts import amount, total
from encounters.datasets.drug_names import charted_drug
from encounters.datasets.mimic_icu import moment
from encounters.datasets.tables import rows
from encounters.intake.records import (
    AdministrationRecord,
    Amount,
    EncounterRecord,
    PatientRecord,
    ReadEncounter,
)

# Routes of hosp/pharmacy and hosp/emar_detail in the chart's words; others are not charted.
ROUTES = {
    "IV": "IV", "IV DRIP": "IV", "IV BOLUS": "IV", "IVPCA": "IV", "PO": "PO", "PO/NG": "PO", "ORAL": "PO", "NG": "PO",
    "SC": "SC", "SUBCUT": "SC", "IM": "IM", "IH": "inhaled", "NEB": "inhaled", "TP": "topical", "TD": "transdermal",
    "PR": "rectal", "BOTH EYES": "ophthalmic", "LEFT EYE": "ophthalmic", "RIGHT EYE": "ophthalmic", "NU": "nasal",
    "NAS": "nasal", "SL": "SL", "BUCCAL": "SL",
}  # fmt: skip
# What the pharmacy sends as a bag is infused; the record tells pushes from infusions in no other way.
BAGS = frozenset({"IV Piggyback", "IV Large Volume", "TPN"})
BEGINS = frozenset({"Started", "Delayed Started", "Started in Other Location", "Restarted"})
ENDS = frozenset(
    {"Stopped", "Stopped - Unscheduled", "Stopped As Directed", "Stopped in Other Location",
     "Stopped - Unscheduled in Other Location", "Delayed Stopped"}
)  # fmt: skip
GIVEN = frozenset(
    {"Administered", "Delayed Administered", "Administered Bolus from IV Drip", "Administered in Other Location",
     "Applied", "Applied in Other Location", "Removed Existing / Applied New", "Partial Administered"}
)  # fmt: skip
FLUSHED = frozenset({"Flushed", "Flushed in Other Location", "Delayed Flushed"})
NOT_GIVEN = frozenset(
    {"Not Given", "Not Given per Sliding Scale", "Hold Dose", "Not Started", "Not Applied", "Not Flushed"}
)
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Details:
    """What pharmacy and emar_detail say about entries, by their ids."""

    routes: Mapping[str, str]
    bags: frozenset[str]
    doses: Mapping[str, Amount | None]
    route_of_entry: Mapping[str, str]


def admissions(folder: Path, *, as_outpatient: bool, set_aside: Counter[str]) -> Iterator[ReadEncounter]:
    """Each admission of hosp/emar with its administrations; what cannot be one is counted in `set_aside`."""
    hosp = folder / "hosp"
    details = _details(hosp)
    admitted = {row["hadm_id"]: moment(row["admittime"]) for row in rows(hosp, "admissions", "hadm_id", "admittime")}
    of_admission: dict[str, list[Row]] = defaultdict(list)
    for row in rows(hosp, "emar", "hadm_id", "emar_id", "charttime", "medication", "event_txt"):
        # Entries outside an admission belong to the patient's time before it.
        of_admission[row["hadm_id"] or f"subject-{row['subject_id']}"].append(row)
    for key, events in sorted(of_admission.items()):
        inpatient_order = None if as_outpatient else admitted.get(key)
        read = _admission(key, events, details, inpatient_order, set_aside)
        if read:
            yield read


def _details(hosp: Path) -> Details:
    routes, bags = {}, set()
    for row in rows(hosp, "pharmacy", "pharmacy_id", "route", "proc_type"):
        routes[row["pharmacy_id"]] = ROUTES.get(row["route"].strip().upper(), "")
        if row["proc_type"] in BAGS:
            bags.add(row["pharmacy_id"])
    given: dict[str, list[Amount]] = defaultdict(list)
    route_of_entry = {}
    for row in rows(hosp, "emar_detail", "emar_id", "dose_given", "dose_given_unit", "route"):
        if found := amount(row["dose_given"], row["dose_given_unit"]):
            given[row["emar_id"]].append(found)
        if route := ROUTES.get(row["route"].strip().upper()):
            route_of_entry[row["emar_id"]] = route
    return Details(routes, frozenset(bags), {key: total(amounts) for key, amounts in given.items()}, route_of_entry)


def _admission(
    key: str, events: Sequence[Row], details: Details, inpatient_order: datetime | None, set_aside: Counter[str]
) -> ReadEncounter | None:
    ordered = sorted(events, key=lambda row: (row["charttime"], int(row["emar_seq"])))
    running: dict[tuple[str, str], AdministrationRecord] = {}
    found: list[AdministrationRecord] = []
    for row in ordered:
        if not row["medication"].strip() or not row["charttime"]:
            set_aside["no drug or no time"] += 1
            continue
        order = (row["pharmacy_id"] or row["poe_id"], row["medication"])
        event = row["event_txt"].strip()
        if event in ENDS:
            if begun := running.pop(order, None):
                found.append(_stopped(begun, moment(row["charttime"])))
                set_aside["joined: the stop of a start"] += 1
            else:
                set_aside["stop without a start"] += 1
        elif event in BEGINS:
            if before := running.pop(order, None):
                found.append(before)
            running[order] = _entry(row, details, is_running=True)
        elif event in GIVEN | FLUSHED | NOT_GIVEN:
            found.append(_entry(row, details, is_running=False))
        else:
            set_aside[f"no administration: {event or 'blank event'}"] += 1
    found += running.values()
    if not found:
        return None
    found.sort(key=lambda each: (each.started_at or moment("1900-01-01"), each.external_id))
    encounter = EncounterRecord(
        external_id=f"emar-{key}",
        patient=PatientRecord(mrn=f"MIMIC-{events[0]['subject_id']}"),
        setting="facility",
        place_of_service="22",
        date_of_service=(found[0].started_at or moment("1900-01-01")).date(),
        time_zone="UTC",
        inpatient_order_at=inpatient_order,
        regimen="MIMIC-IV demo, medication record",
        administrations=tuple(found),
    )
    return ReadEncounter(encounter, records=len(events))


def _stopped(record: AdministrationRecord, at: datetime) -> AdministrationRecord:
    return replace(record, stopped_at=at)


def _entry(row: Row, details: Details, *, is_running: bool) -> AdministrationRecord:
    drug = charted_drug(row["medication"])
    event = row["event_txt"].strip()
    route = details.route_of_entry.get(row["emar_id"]) or details.routes.get(row["pharmacy_id"], "")
    if is_running:
        route = route or "IV"
    if event in FLUSHED:
        route = "IV"
    return AdministrationRecord(
        external_id=row["emar_id"],
        drug_name=drug.name,
        kind=drug.kind,
        route=route,
        technique=_technique(route, is_bag=is_running or row["pharmacy_id"] in details.bags),
        started_at=moment(row["charttime"]),
        purpose="flush" if event in FLUSHED else "",
        status=_status(event),
        dose=details.doses.get(row["emar_id"]),
        is_on_pump=is_running or None,
    )


def _status(event: str) -> str:
    if event in NOT_GIVEN:
        return "not_given"
    return "partly_given" if event == "Partial Administered" else ""


def _technique(route: str, *, is_bag: bool) -> str:
    if route == "IV":
        return "infusion" if is_bag else "push"
    return "injection" if route in {"SC", "IM"} else ""
