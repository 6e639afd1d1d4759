"""From the fields of a record to the record: one reading for tables and for JSON."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from encounters.intake import columns, times
from encounters.intake.fields import Fields
from encounters.intake.records import (
    AccessRecord,
    AdministrationRecord,
    Amount,
    ContainerRecord,
    Directory,
    EncounterRecord,
    KnownLocation,
    OrderRecord,
    PatientRecord,
    PauseRecord,
)
from rules.vocabulary import (
    AccessReason,
    AdministrationStatus,
    Kind,
    Purpose,
    Route,
    Setting,
    Technique,
)

# The field's abbreviations beside those of the vocabulary; what they say about technique is charted apart.
ROUTE_ALIASES = {
    "intravenous": "IV", "ivpb": "IV", "intramuscular": "IM", "subcutaneous": "SC", "subq": "SC", "sq": "SC",
    "subcut": "SC", "intrathecal": "IT", "intra-arterial": "IA", "intraperitoneal": "IP", "oral": "PO",
    "sublingual": "SL",
}  # fmt: skip
_CONTAINER = re.compile(
    r"(?:(?P<count>\d{1,4})\s*[x×]\s*)?(?P<size>[^()]+?)\s*(?P<dose>single[- ]dose|multi(?:ple)?[- ]dose)?",
    re.IGNORECASE | re.ASCII,
)
_PAUSE = re.compile(r"(?P<start>.+?)(?:/|\s+-\s+|(?<=\d)-(?=\d{2}:\d{2}$))(?P<stop>.+)")
_DIAGNOSIS = re.compile(r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.ASCII)
_SERVICE = re.compile(r"(?P<code>[0-9A-Z]{5})(?P<modifiers>(?:-[0-9A-Z]{2})*)", re.ASCII)
_MOST_SMALL = 32767


def clock_of(fields: Fields, directory: Directory) -> tuple[ZoneInfo | None, KnownLocation | None]:
    """The time zone of the record and its location; an unknown location is refused with the known codes."""
    location = None
    if code := fields.text("location", 40):
        location = directory.locations.get(code)
        if location is None:
            known = ", ".join(sorted(directory.locations)) or "none; add it under administration first"
            fields.refuse("location", f"“{code}” is not a known location. Known: {known}.")
    name = fields.text("time_zone", 40) or (location.time_zone if location else "")
    try:
        return (times.time_zone(name) if name else None), location
    except times.UnreadableTime as error:
        fields.refuse("time_zone", str(error))
        return None, location


def encounter_head(fields: Fields, *, directory: Directory, line: int | None) -> EncounterRecord:
    """The encounter without administrations, accesses and orders; what is wrong is in `fields.problems`.

    `fields.zone` is set to the clock of the encounter. The date of service may still be `date.min`, to be read
    off the first administration by `dated`.
    """
    fields.zone, location = clock_of(fields, directory)
    if fields.zone is None and not fields.problems:
        fields.refuse("time_zone", "No time zone: fill time_zone, or location with a known code.")
    setting = fields.word("setting", Setting) or (location.setting if location else "")
    if not setting and not any(name in ("location", "setting") for name, _ in fields.problems):
        fields.refuse("setting", "No setting: fill setting with facility or office, or location with a known code.")
    if (payer := fields.text("payer", 40)) and payer not in directory.payers:
        known = ", ".join(sorted(directory.payers)) or "none; add it under administration first"
        fields.refuse("payer", f"“{payer}” is not a known payer. Known: {known}.")
    start, end = fields.moment("encounter_start"), fields.moment("encounter_end")
    if start and end and end < start:
        fields.refuse("encounter_end", "The encounter ends before it starts.")
    return EncounterRecord(
        external_id=fields.text("encounter_id", 80, required=True),
        patient=_patient(fields),
        setting=setting,
        date_of_service=fields.day("date_of_service") or _local_day(start, fields.zone),
        time_zone=fields.zone.key if fields.zone else "",
        administrations=(),
        line=line,
        location=location.code if location else "",
        payer=payer,
        place_of_service=fields.text("place_of_service", 2) or (location.place_of_service if location else ""),
        is_professional_claim=fields.flag("is_professional_claim"),
        started_at=start,
        ended_at=end,
        inpatient_order_at=fields.moment("inpatient_order"),
        has_earlier_encounter=fields.flag("has_earlier_encounter"),
        is_340b=fields.flag("is_340b"),
        regimen=fields.text("regimen", 120),
        primary_reason=fields.text("primary_reason", 80),
        other_services=_other_services(fields),
        diagnoses=_diagnoses(fields),
    )


def dated(record: EncounterRecord) -> date | None:
    """The date of service: as sent, else the local day of the earliest start or stop; None when nothing says it."""
    if record.date_of_service != date.min:
        return record.date_of_service
    known = [
        moment for each in record.administrations for moment in (each.started_at, each.stopped_at) if moment is not None
    ]
    return min(known).astimezone(ZoneInfo(record.time_zone)).date() if known else None


def administration(fields: Fields, *, line: int | None) -> AdministrationRecord:
    """One administration; what is wrong with it is in `fields.problems`."""
    start, stop = fields.moment("start"), fields.moment("stop")
    if start and stop and stop < start:
        fields.refuse("stop", f"Stop {fields.text('stop', 60)} is before start {fields.text('start', 60)}.")
    return AdministrationRecord(
        external_id=fields.text("administration_id", 80, required=True),
        drug_name=fields.text("drug", 200, required=True),
        line=line,
        kind=fields.word("kind", Kind),
        ndc=fields.text("ndc", 16),
        hcpcs=fields.text("hcpcs", 5).upper(),
        route=fields.word("route", Route, ROUTE_ALIASES),
        technique=fields.word("technique", Technique),
        started_at=start,
        stopped_at=stop,
        minutes=fields.whole("minutes", least=0, most=100_000),
        access=fields.text("access", 20),
        bag=fields.text("bag", 40),
        purpose=fields.word("purpose", Purpose),
        status=fields.word("status", AdministrationStatus),
        visit=fields.whole("visit", least=1, most=_MOST_SMALL),
        order=fields.text("order", 80),
        dose=fields.amount("dose"),
        discarded=fields.amount("discarded"),
        volume_ml=fields.millilitres("volume"),
        rate=fields.text("rate", 40),
        lot=fields.text("lot", 40),
        diagnosis=fields.text("diagnosis", 120),
        is_implanted=fields.flag("is_implanted"),
        lesions=fields.whole("lesions", least=1, most=_MOST_SMALL),
        is_new_setup=fields.flag("is_new_setup"),
        is_puncture_by_other=fields.flag("is_puncture_by_other"),
        is_without_tap=fields.flag("is_without_tap"),
        is_on_pump=fields.flag("is_on_pump"),
        charted_by=fields.text("charted_by", 80),
        pauses=tuple(pause for part in fields.short_parts("pauses") if (pause := _pause(fields, part))),
        containers=tuple(found for part in fields.short_parts("containers") if (found := _container(fields, part))),
    )


def access(fields: Fields, label: str, *, prefix: str = "") -> AccessRecord:
    """The vascular access `label` as the record describes it."""
    return AccessRecord(
        label=label,
        kind=fields.text(f"{prefix}kind", 40),
        body_site=fields.text(f"{prefix}body_site", 60),
        reason=fields.word(f"{prefix}reason", AccessReason),
    )


def order(fields: Fields, reference: str, *, drug: str, prefix: str = "") -> OrderRecord:
    """The order `reference` as the record describes it; `drug` stands in where it names none."""
    return OrderRecord(
        reference=reference,
        drug_name=fields.text(f"{prefix}drug", 200) or drug,
        dose=fields.amount(f"{prefix}dose"),
        route=fields.word(f"{prefix}route", Route, ROUTE_ALIASES),
    )


def documents(fields: Fields) -> dict[str, object]:
    """What the sender says of further documents; what is not said is left out."""
    said: dict[str, object] = {name: flag for name in columns.DOCUMENTS if (flag := fields.flag(name)) is not None}
    if fields.value("prior_authorizations") is not None:
        said["prior_authorizations"] = [
            _prior_authorization(fields, part) for part in fields.short_parts("prior_authorizations")
        ]
    return said


def _patient(fields: Fields) -> PatientRecord:
    return PatientRecord(
        mrn=fields.text("mrn", 40, required=True),
        family_name=fields.text("family_name", 120),
        given_name=fields.text("given_name", 120),
        birth_date=fields.day("birth_date"),
    )


def _local_day(moment: datetime | None, zone: ZoneInfo | None) -> date:
    return moment.astimezone(zone).date() if moment else date.min


def _diagnoses(fields: Fields) -> tuple[str, ...] | None:
    found = []
    for part in fields.short_parts("diagnoses"):
        code = str(part).strip().upper()
        if not _DIAGNOSIS.fullmatch(code):
            fields.refuse("diagnoses", f"“{str(part)[:60]}” is not an ICD-10-CM code such as C18.7.")
        elif code not in found:
            found.append(code)
    said = fields.value("diagnoses")
    return None if said is None else tuple(found)


def _other_services(fields: Fields) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for part in fields.short_parts("other_services"):
        text = part
        if isinstance(part, Mapping):
            modifiers = part.get("modifiers") or ()
            words = modifiers if isinstance(modifiers, list | tuple) else (modifiers,)
            text = "-".join([str(part.get("code", "")), *map(str, words)])
        match = _SERVICE.fullmatch(str(text).upper())
        if match is None:
            fields.refuse("other_services", f"“{str(text)[:60]}” is not a code such as 99213 or 99213-25.")
        else:
            found.append((match["code"], tuple(filter(None, match["modifiers"].split("-")))))
    return tuple(found)


def _pause(fields: Fields, part: object) -> PauseRecord | None:
    if isinstance(part, Mapping):
        start, stop = str(part.get("start") or ""), str(part.get("stop") or "")
    elif match := _PAUSE.fullmatch(str(part)):
        start, stop = match["start"].strip(), match["stop"].strip()
    else:
        fields.refuse("pauses", f"“{str(part)[:60]}” is not a pause. Write 2026-01-15T10:20/2026-01-15T10:30.")
        return None
    if re.fullmatch(r"\d{2}:\d{2}", stop, re.ASCII):
        stop = f"{start[:10]}T{stop}"
    from_, to = fields.moment_of("pauses", start), fields.moment_of("pauses", stop)
    if from_ is None or to is None:
        if not start or not stop:
            fields.refuse("pauses", "A pause needs both its start and its stop.")
        return None
    if to < from_:
        fields.refuse("pauses", f"The pause {start} to {stop} stops before it starts.")
        return None
    return PauseRecord(from_, to)


def _container(fields: Fields, part: object) -> ContainerRecord | None:
    if isinstance(part, Mapping):
        return _container_of_keys(fields, Fields(part))
    match = _CONTAINER.fullmatch(str(part).strip())
    # "3 x" would be an amount of three somethings called x.
    if match is None or re.fullmatch(r"\d*\s*[x×]", match["size"].strip(), re.IGNORECASE):
        fields.refuse("containers", f"“{str(part)[:60]}” is no container. Write 4 x 100 mg single-dose.")
        return None
    size = fields.amount_of("containers", match["size"])
    is_single = None if match["dose"] is None else match["dose"].lower().startswith("single")
    return _checked_container(fields, size, int(match["count"] or 1), is_single_dose=is_single)


def _container_of_keys(fields: Fields, keys: Fields) -> ContainerRecord | None:
    keys.refuse_unknown(("size", "count", "is_single_dose", "ndc", "lot"))
    size = keys.amount("size")
    count = keys.whole("count", least=1, most=_MOST_SMALL)
    is_single = keys.flag("is_single_dose")
    ndc, lot = keys.text("ndc", 16), keys.text("lot", 40)
    for name, reason in keys.problems:
        fields.refuse(f"containers.{name}", reason)
    if keys.problems:
        return None
    return _checked_container(fields, size, count or 1, is_single_dose=is_single, ndc=ndc, lot=lot)


def _checked_container(  # the parts of a label
    fields: Fields, size: Amount | None, count: int, *, is_single_dose: bool | None, ndc: str = "", lot: str = ""
) -> ContainerRecord | None:
    if size is None or size.amount == 0 or count < 1:
        fields.refuse("containers", "A container needs a size above zero and a count of at least 1.")
        return None
    return ContainerRecord(size, count, is_single_dose, ndc, lot)


def _prior_authorization(fields: Fields, part: object) -> dict[str, object]:
    keys = Fields(part if isinstance(part, Mapping) else {"drug": part})
    keys.refuse_unknown(("drug", "valid_from", "valid_until", "remaining"))
    from_, until = keys.day("valid_from"), keys.day("valid_until")
    found: dict[str, object] = {
        "drug": keys.text("drug", 200, required=True),
        "valid_from": from_.isoformat() if from_ else None,
        "valid_until": until.isoformat() if until else None,
        "remaining": keys.whole("remaining", least=0, most=_MOST_SMALL),
    }
    for name, reason in keys.problems:
        fields.refuse(f"prior_authorizations.{name}", reason)
    return found
