"""Rows become the engine's facts. The only translator, with `drugs.facts`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from drugs import facts as drug_facts
from drugs import selectors as formulary
from drugs.facts import DrugQuestion
from drugs.selectors import Charted, Resolution
from encounters.addenda import Changes, Statement, statement
from encounters.models import Addendum, DrugAdministration, Encounter
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
from rules.vocabulary import Family, Kind

FAMILY_OF_KIND = {
    Kind.CHEMO: Family.ANTINEOPLASTIC,
    Kind.COMPLEX_BIOLOGIC: Family.COMPLEX_BIOLOGIC,
    Kind.THERAPEUTIC: Family.THERAPEUTIC,
    Kind.IMMUNE_GLOBULIN: Family.THERAPEUTIC,
    Kind.HYDRATION: Family.HYDRATION_FLUID,
    Kind.BLOOD: Family.BLOOD,
    Kind.CONTRAST: Family.CONTRAST,
    Kind.VACCINE: Family.VACCINE,
    Kind.OTHER: Family.OTHER,
}
FIRST_ACCESS = "A"


def encounter_facts(*, encounter: Encounter, changes: Mapping[str, Changes] | None = None) -> EncounterFacts:
    """All that is held to be true of the encounter now, read anew from the database in a fixed number of queries.

    `changes` lie over it for a what-if: administration's external id → field → value. Raises
    `addenda.UnableToReadChange`; KeyError for an administration that the encounter does not have.
    """
    chart = _chart(encounter.pk)
    administrations = sorted(chart.administrations.all(), key=lambda given: (given.position, given.pk))
    wanted = changes or {}
    if unknown := wanted.keys() - {given.external_id for given in administrations}:
        raise KeyError(*sorted(unknown))
    said = [statement(given, changes=wanted.get(given.external_id)) for given in administrations]
    clock = ZoneInfo(chart.time_zone)
    drugs = _drugs(said, chart)
    return EncounterFacts(
        encounter_id=str(chart.pk),
        date_of_service=chart.date_of_service,
        setting=chart.setting,
        place_of_service=chart.place_of_service or None,
        is_professional_claim=chart.is_professional_claim,
        payer=(chart.payer.policy_layer or None) if chart.payer else None,
        facility=(chart.location.policy_layer or None) if chart.location else None,
        start=_local(chart.started_at, clock),
        end=_local(chart.ended_at, clock),
        inpatient_order=_local(chart.inpatient_order_at, clock),
        has_earlier_encounter=chart.has_earlier_encounter,
        is_340b=chart.is_340b,
        diagnoses=_diagnoses(chart),
        primary_reason=chart.primary_reason or None,
        accesses=_accesses(chart, said),
        orders=_orders(chart),
        documents=_documents(chart.documents),
        other_services=tuple(
            OtherService(code=service["code"], modifiers=tuple(service.get("modifiers", ())))
            for service in chart.other_services
        ),
        administrations=tuple(_administration(given, drug, clock) for given, drug in zip(said, drugs, strict=True)),
    )


def _chart(pk: int) -> Encounter:
    administrations = DrugAdministration.objects.select_related("drug", "product", "access", "order").prefetch_related(
        "pauses", "containers", Prefetch("addenda", queryset=Addendum.objects.order_by("at", "pk"))
    )
    return (
        Encounter.objects.select_related("payer", "location")
        .prefetch_related("diagnoses", "accesses", "orders", Prefetch("administrations", queryset=administrations))
        .get(pk=pk)
    )


def _drugs(said: Sequence[Statement], chart: Encounter) -> list[DrugFacts]:
    """What the formulary holds of each, in order."""
    layers = tuple(
        owner.policy_layer for owner in (chart.payer, chart.location) if owner is not None and owner.policy_layer
    )
    charted = [_charted(given, chart) for given in said]
    questions = [
        _question(given, asked, resolution, layers)
        for given, asked, resolution in zip(said, charted, formulary.resolve_many(charted), strict=True)
    ]
    found = iter(drug_facts.drug_facts_of_many([question for question in questions if question]))
    return [_drug(given, next(found) if question else None) for given, question in zip(said, questions, strict=True)]


def _charted(given: Statement, chart: Encounter) -> Charted:
    """What is said of the drug, as of the day on which the administration began."""
    start, _ = given.clock
    return Charted(
        on=start.astimezone(ZoneInfo(chart.time_zone)).date() if start else chart.date_of_service,
        name=given.drug_name or None,
        ndc=given.ndc or None,
        hcpcs=given.hcpcs or None,
        route=given.route or None,
    )


def _question(
    given: Statement, charted: Charted, resolution: Resolution, layers: tuple[str, ...]
) -> DrugQuestion | None:
    """What to ask the formulary; None while nobody knows the drug.

    The drug of the row stands unless a later statement names another; what was unknown when it came may be known now.
    """
    drug, product = given.drug, given.product
    if drug is None or given.is_drug_restated:
        drug, product = resolution.drug, resolution.product
    elif product is None and resolution.drug == drug:
        product = resolution.product
    if drug is None:
        return None
    is_dose_a_volume = given.volume_ml is None and given.dose_unit == "mL"
    return DrugQuestion(
        drug=drug,
        on=charted.on,
        policy_layers=layers,
        product=product,
        ndc=charted.ndc,
        route=charted.route,
        volume_ml=given.dose_amount if is_dose_a_volume else given.volume_ml,
    )


def _drug(given: Statement, found: DrugFacts | None) -> DrugFacts:
    """The formulary's facts, or those of an unmapped name; a stated family outweighs, a charted kind fills a gap."""
    drug = found or drug_facts.unmapped_drug_facts(given.drug_name)
    if found is None and given.kind:
        drug = replace(drug, family=FAMILY_OF_KIND[Kind(given.kind)])
    return replace(drug, family=Family(given.family)) if given.family else drug


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
        dose=_quantity(given.dose_amount, given.dose_unit),
        containers=tuple(
            Container(
                size=Quantity(_plain(opened.size_amount), opened.size_unit),
                count=opened.count,
                is_single_dose=opened.is_single_dose,
            )
            for opened in given.containers
        ),
        discarded=_quantity(given.discarded_amount, given.discarded_unit or given.dose_unit),
        volume_ml=_plain(given.volume_ml) if given.volume_ml is not None else None,
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


def _diagnoses(chart: Encounter) -> tuple[str, ...] | None:
    if not chart.are_diagnoses_known:
        return None
    return tuple(row.code for row in sorted(chart.diagnoses.all(), key=lambda row: row.position))


def _accesses(chart: Encounter, said: Sequence[Statement]) -> tuple[Access, ...]:
    """Accesses as charted, with the reasons that addenda give; also one that only an addendum names."""
    reasons = {given.access: given.access_reason for given in said if given.access and given.access_reason is not None}
    charted = {row.label: row for row in sorted(chart.accesses.all(), key=lambda row: row.pk)}
    labels = [*charted, *(label for label in reasons if label not in charted)]
    return tuple(
        Access(
            label=label,
            reason=reasons.get(label, charted[label].reason if label in charted else "") or None,
            kind=(charted[label].kind or None) if label in charted else None,
        )
        for label in labels
    )


def _orders(chart: Encounter) -> tuple[Order, ...]:
    """The orders, each drug by the name that an administration of it has, so that a brand equals its ingredient."""
    rows = sorted(chart.orders.all(), key=lambda row: row.pk)
    if not rows:
        return ()
    asked = [Charted(on=chart.date_of_service, name=row.drug_name or None, route=row.route or None) for row in rows]
    return tuple(
        Order(
            reference=row.reference,
            drug=resolution.drug.name if resolution.drug else row.drug_name,
            dose=_quantity(row.dose_amount, row.dose_unit),
            route=row.route or None,
        )
        for row, resolution in zip(rows, formulary.resolve_many(asked), strict=True)
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


def _quantity(amount: Decimal | None, unit: str) -> Quantity | None:
    return None if amount is None else Quantity(_plain(amount), unit)


def _plain(amount: Decimal) -> Decimal:
    """The same number without the column's trailing zeros, so that equal facts have equal digests."""
    return Decimal(f"{amount.normalize():f}")
