"""eICU: one encounter a unit stay; infusions from charted rates, medications from orders."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from encounters.datasets.amounts import amount
from encounters.datasets.drug_names import charted_drug
from encounters.datasets.runs import joined
from encounters.datasets.tables import rows
from encounters.intake.records import AdministrationRecord, EncounterRecord, PatientRecord, ReadEncounter

# Rates of one infusion are charted every hour or so; after this many minutes of silence it is another one.
SILENCE = 240
# Routes as the hospitals write them, read from their beginnings, in the order in which they are tried.
ROUTES = (
    (re.compile(r"(INTRAVEN|CENTRAL IV|PERIPH IV|PROC IVP|IV|PB$|FLUSH|INFUS)"), "IV"),
    (re.compile(r"(SC$|SQ|SUB ?-?Q|SUBCUT|SUBCU)"), "SC"),
    (re.compile(r"(IM$|IMV|INTRAMUSC)"), "IM"),
    (re.compile(r"(SL$|SUBLING)"), "SL"),
    (re.compile(r"(PO|ORAL|NG|PER |PEG|TUBE|FEEDING|FT$|TF$|JTUBE|GT|OG|SWISH|MOUTH)"), "PO"),
    (re.compile(r"(INH|NEB|SVN|AERO|RESP)"), "inhaled"),
    (re.compile(r"(PR$|RE$|REC|RTL)"), "rectal"),
    (re.compile(r"(TD|TRANSDERM)"), "transdermal"),
    (re.compile(r"(TOP|TP|SKIN)"), "topical"),
    (re.compile(r"(BOTH EYES|EYE|OPH|LEFT EYE|RIGHT EYE)"), "ophthalmic"),
    (re.compile(r"(EACH NARE|NAS|NARE)"), "nasal"),
)
_PUSHES = re.compile(r"(IVP$|IV ?PUSH|PROC IVP)")
_LAST_OFFSET = 5_000_000
Row = Mapping[str, str]


def unit_stays(folder: Path, *, as_outpatient: bool, set_aside: Counter[str]) -> Iterator[ReadEncounter]:
    """Each unit stay with its administrations; what cannot be one is counted in `set_aside`."""
    rates: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder, "infusiondrug", "infusiondrugid", "patientunitstayid", "infusionoffset", "drugrate"):
        rates[row["patientunitstayid"]].append(row)
    orders: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder, "medication", "medicationid", "patientunitstayid", "drugstartoffset", "routeadmin"):
        orders[row["patientunitstayid"]].append(row)
    for stay in rows(folder, "patient", "patientunitstayid", "unitadmittime24", "hospitaldischargeyear"):
        key = stay["patientunitstayid"]
        begun = _admitted(stay)
        found = [
            *_infusions(rates.get(key, ()), begun, set_aside),
            *(each for row in orders.get(key, ()) if (each := _order(row, begun, set_aside))),
        ]
        if found:
            sent = len(rates.get(key, ())) + len(orders.get(key, ()))
            yield ReadEncounter(_encounter(stay, begun, found, as_outpatient=as_outpatient), records=sent)


def _admitted(stay: Row) -> datetime:
    """Admission to the unit: the clock time is real, of the date only the year is known."""
    year = int(stay["hospitaldischargeyear"] or 2015)
    return datetime.combine(date(year, 1, 15), time.fromisoformat(stay["unitadmittime24"] or "00:00:00"), UTC)


def _encounter(
    stay: Row, begun: datetime, found: Sequence[AdministrationRecord], *, as_outpatient: bool
) -> EncounterRecord:
    first = min(each.started_at for each in found if each.started_at)
    return EncounterRecord(
        external_id=f"unit-{stay['patientunitstayid']}",
        patient=PatientRecord(mrn=f"EICU-{stay['uniquepid']}"),
        setting="facility",
        place_of_service="22",
        date_of_service=first.date(),
        time_zone="UTC",
        # Those who come to an intensive care unit are admitted; charted entries may precede it by days.
        inpatient_order_at=None if as_outpatient else min(first, begun),
        regimen="eICU demo, intensive care",
        administrations=tuple(sorted(found, key=lambda each: (each.started_at or first, each.external_id))),
    )


def _offset(text: str, begun: datetime) -> datetime | None:
    """Minutes from admission as a point in time; None for what is no offset or zero's stand-in for unknown."""
    try:
        minutes = int(text)
    except ValueError:
        return None
    return begun + timedelta(minutes=minutes) if abs(minutes) < _LAST_OFFSET else None


def _infusions(charted: Sequence[Row], begun: datetime, set_aside: Counter[str]) -> Iterator[AdministrationRecord]:
    of_drug: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for row in charted:
        at = _offset(row["infusionoffset"], begun)
        if at is None or not row["drugname"].strip():
            set_aside["no drug or no time"] += 1
        else:
            of_drug[row["drugname"]].append((at, row["drugrate"].strip(), row["infusiondrugid"]))
    for drug_name, rates in of_drug.items():
        for series in _series(sorted(rates)):
            record = _infusion(drug_name, series)
            set_aside["joined: a further rate of an infusion"] += len(series) - 1
            if record is None:
                set_aside["rate 0 alone: nothing ran"] += 1
            else:
                yield record


def _series(rates: Sequence[tuple[datetime, str, str]]) -> Iterator[list[tuple[datetime, str, str]]]:
    """Rates that belong to one infusion: until it is off, or silence."""
    series: list[tuple[datetime, str, str]] = []
    for rate in rates:
        if series and (rate[0] - series[-1][0] > timedelta(minutes=SILENCE) or _is_off(series[-1][1])):
            yield series
            series = []
        series.append(rate)
    if series:
        yield series


def _is_off(rate: str) -> bool:
    try:
        return Decimal(rate) == 0
    except InvalidOperation:
        return rate.upper() == "OFF"


def _infusion(drug_name: str, series: Sequence[tuple[datetime, str, str]]) -> AdministrationRecord | None:
    if _is_off(series[0][1]):
        return None
    drug = charted_drug(drug_name)
    run = joined((at, at) for at, _, _ in (series[0], series[-1]))
    return AdministrationRecord(
        external_id=f"rate-{series[0][2]}",
        drug_name=drug.name,
        kind=drug.kind,
        route="IV",
        technique="infusion",
        started_at=run.started_at,
        # One charted rate says that it ran, not until when.
        stopped_at=run.stopped_at if len(series) > 1 else None,
        rate=series[0][1][:40],
        is_on_pump=True,
    )


def _order(row: Row, begun: datetime, set_aside: Counter[str]) -> AdministrationRecord | None:
    start = _offset(row["drugstartoffset"], begun)
    if start is None or not row["drugname"].strip():
        set_aside["no drug or no time"] += 1
        return None
    drug = charted_drug(row["drugname"])
    said = row["routeadmin"].strip().upper()
    route = next((route for pattern, route in ROUTES if pattern.match(said)), "")
    is_bag = route == "IV" and not _PUSHES.match(said) and row["drugivadmixture"] == "Yes"
    stop = _offset(row["drugstopoffset"], begun) if is_bag else None
    number, _, unit = row["dosage"].strip().partition(" ")
    return AdministrationRecord(
        external_id=f"order-{row['medicationid']}",
        drug_name=drug.name,
        kind=drug.kind,
        route=route,
        technique=_technique(route, is_bag=is_bag),
        started_at=start,
        stopped_at=stop if stop and stop >= start else None,
        status="not_given" if row["drugordercancelled"] == "Yes" else "",
        dose=amount(number, unit),
        is_on_pump=is_bag or None,
    )


def _technique(route: str, *, is_bag: bool) -> str:
    if route == "IV":
        return "infusion" if is_bag else "push"
    return "injection" if route in {"SC", "IM"} else ""
