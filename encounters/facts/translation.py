"""A chart and what the formulary says of its drugs become the facts of one encounter."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

from encounters.addenda import Statement
from encounters.facts.amounts import plain, quantity
from encounters.facts.chart import Chart
from rules.facts import (
    Access,
    Administration,
    Container,
    Documents,
    DrugFacts,
    EncounterFacts,
    NdcFacts,
    Order,
    OtherService,
    PriorAuthorization,
    Quantity,
    Span,
)

FIRST_ACCESS = "A"


def facts_of(chart: Chart, drugs: Sequence[DrugFacts], orders: tuple[Order, ...]) -> EncounterFacts:
    """The facts of an encounter; `drugs` are those of its administrations, in their order."""
    encounter = chart.encounter
    clock = ZoneInfo(encounter.time_zone)
    return EncounterFacts(
        encounter_id=str(encounter.pk),
        date_of_service=encounter.date_of_service,
        setting=encounter.setting,
        place_of_service=encounter.place_of_service or None,
        is_professional_claim=encounter.is_professional_claim,
        payer=(encounter.payer.policy_layer or None) if encounter.payer else None,
        facility=(encounter.location.policy_layer or None) if encounter.location else None,
        start=_local(encounter.started_at, clock),
        end=_local(encounter.ended_at, clock),
        inpatient_order=_local(encounter.inpatient_order_at, clock),
        has_earlier_encounter=encounter.has_earlier_encounter,
        is_340b=encounter.is_340b,
        diagnoses=_diagnoses(chart),
        primary_reason=encounter.primary_reason or None,
        accesses=_accesses(chart),
        orders=orders,
        documents=_documents(encounter.documents),
        other_services=tuple(
            OtherService(code=service["code"], modifiers=tuple(service.get("modifiers", ())))
            for service in encounter.other_services
        ),
        administrations=tuple(
            _administration(given, drug, clock) for given, drug in zip(chart.said, drugs, strict=True)
        ),
    )


def _administration(given: Statement, drug: DrugFacts, clock: ZoneInfo) -> Administration:
    start, stop = given.clock
    return Administration(
        id=given.external_id,
        drug=drug,
        route=given.route or None,
        technique=given.technique or None,
        start=_local(start, clock),
        stop=_local(stop, clock),
        pauses=tuple(Span(_local(begun, clock), _local(ended, clock)) for begun, ended in given.pauses),
        access=given.access or FIRST_ACCESS,
        bag=given.bag or None,
        purpose=given.purpose or None,
        status=given.status,
        visit=given.visit,
        order=given.order or None,
        dose=quantity(given.dose_amount, given.dose_unit),
        containers=tuple(
            Container(
                size=Quantity(plain(opened.size_amount), opened.size_unit),
                count=opened.count,
                is_single_dose=opened.is_single_dose,
            )
            for opened in given.containers
        ),
        discarded=quantity(given.discarded_amount, given.discarded_unit or given.dose_unit),
        volume_ml=plain(given.volume_ml) if given.volume_ml is not None else None,
        rate=given.rate or None,
        lot=given.lot or None,
        ndc=NdcFacts(label=given.ndc) if given.ndc else None,
        diagnosis=given.diagnosis or None,
        is_implanted=given.is_implanted,
        lesions=given.lesions,
        is_new_setup=given.is_new_setup,
        is_puncture_by_other=given.is_puncture_by_other,
        is_without_tap=given.is_without_tap,
        is_on_pump=given.is_on_pump,
        charted_by=given.charted_by or None,
    )


def _diagnoses(chart: Chart) -> tuple[str, ...] | None:
    return chart.diagnoses if chart.encounter.are_diagnoses_known else None


def _accesses(chart: Chart) -> tuple[Access, ...]:
    """Accesses as charted, with the reasons that addenda give; also one that only an addendum names."""
    reasons = {
        given.access: given.access_reason for given in chart.said if given.access and given.access_reason is not None
    }
    charted = {row.label: row for row in chart.accesses}
    labels = [*charted, *(label for label in reasons if label not in charted)]
    return tuple(
        Access(
            label=label,
            reason=reasons.get(label, charted[label].reason if label in charted else "") or None,
            kind=(charted[label].kind or None) if label in charted else None,
        )
        for label in labels
    )


def _documents(said: Mapping[str, object]) -> Documents:
    authorizations = said.get("prior_authorizations")
    return Documents(
        has_treatment_plan=_known(said, "has_treatment_plan"),
        has_response_charted=_known(said, "has_response_charted"),
        has_off_label_support=_known(said, "has_off_label_support"),
        prior_authorizations=tuple(_authorization(row) for row in authorizations)
        if isinstance(authorizations, list)
        else None,
        are_orders_known=bool(said.get("are_orders_known", False)),
        are_lots_known=bool(said.get("are_lots_known", False)),
    )


def _known(said: Mapping[str, object], key: str) -> bool | None:
    value = said.get(key)
    return None if value is None else bool(value)


def _authorization(row: Mapping[str, object]) -> PriorAuthorization:
    valid_from, valid_until, remaining = row.get("valid_from"), row.get("valid_until"), row.get("remaining")
    return PriorAuthorization(
        drug=str(row["drug"]),
        valid_from=date.fromisoformat(str(valid_from)) if valid_from else None,
        valid_until=date.fromisoformat(str(valid_until)) if valid_until else None,
        remaining=None if remaining is None else int(str(remaining)),
    )


def _local(at: datetime | None, clock: ZoneInfo) -> datetime | None:
    """The clinic's wall clock with a fixed offset, so that dates read off it and differences are true minutes."""
    if at is None:
        return None
    local = at.astimezone(clock)
    return local.replace(tzinfo=timezone(local.utcoffset()))  # type: ignore[arg-type]
