"""Rows become the engine's facts. The only translator, with `drugs.facts`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects

from drugs import facts as drug_facts
from drugs import selectors as formulary
from drugs.facts import DrugQuestion
from drugs.index import FormularyIndex, current_index
from drugs.models import DrugBillingCode
from drugs.selectors import Charted, Resolution
from encounters.addenda import Changes, Statement, statement
from encounters.models import Addendum, DrugAdministration, Encounter
from encounters.models import Order as OrderRow
from encounters.references import Asked
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
DIALYSIS_DIAGNOSES = frozenset({"N186", "Z992"})
"""End-stage renal disease, and dependence on dialysis: both, for the codes that are for such patients alone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An encounter's facts, with what the formulary was asked for them: for each administration, and of orders."""

    facts: EncounterFacts
    asked: tuple[Asked, ...]
    ordered: tuple[Charted, ...]


def encounter_facts(*, encounter: Encounter, changes: Mapping[str, Changes] | None = None) -> EncounterFacts:
    """All that is held to be true of the encounter now, read anew from the database in a fixed number of queries.

    `changes` lie over it for a what-if: administration's external id → field → value. Raises
    `addenda.UnableToReadChange`; KeyError for an administration that the encounter does not have.
    """
    return read(encounter=encounter, changes=changes).facts


def facts_of_chart(chart: Encounter, *, changes: Mapping[str, Changes] | None = None) -> EncounterFacts:
    """What `encounter_facts` gives, by what `with_chart` has read before; raises what that raises."""
    return _reading(chart, changes or {}).facts


def with_chart(encounter: Encounter) -> Encounter:
    """The encounter with all of its chart, for `facts_of_chart`; its payer and location are joined where known."""
    prefetch_related_objects([encounter], *_of_the_chart())
    return encounter


def read(*, encounter: Encounter, changes: Mapping[str, Changes] | None = None) -> Reading:
    """What `encounter_facts` gives, with the questions behind it; raises what that raises."""
    (chart,) = _charts([encounter.pk])
    return _reading(chart, changes or {})


def _reading(chart: Encounter, wanted: Mapping[str, Changes]) -> Reading:
    administrations = _in_charted_order(chart)
    if unknown := wanted.keys() - {given.external_id for given in administrations}:
        raise KeyError(*sorted(unknown))
    said = [statement(given, changes=wanted.get(given.external_id)) for given in administrations]
    version = _Version(current_index())
    charted = [_charted(given, chart) for given in said]
    resolutions = version.resolve(charted)
    drugs = _drugs(said, chart, charted, resolutions, version)
    asked = tuple(
        Asked(row.pk, given, question, resolution)
        for row, given, question, resolution in zip(administrations, said, charted, resolutions, strict=True)
    )
    return Reading(_facts(chart, said, drugs, _orders(chart, version)), asked, tuple(_ordered(chart)))


def facts_that_differ(
    encounter_ids: Sequence[int], *, now: FormularyIndex, then: FormularyIndex
) -> Iterator[tuple[int, EncounterFacts, EncounterFacts]]:
    """Of those encounters whose facts are not the same in both versions of the formulary: id, and both facts.

    In a fixed number of queries for all together; give it some hundreds at a time.
    """
    return (each for each in facts_of_many(encounter_ids, now=now, then=then) if each[1] is not each[2])


def facts_of_many(
    encounter_ids: Sequence[int], *, now: FormularyIndex, then: FormularyIndex | None = None
) -> Iterator[tuple[int, EncounterFacts, EncounterFacts]]:
    """Each encounter's id and its facts by both versions of the formulary, one and the same object where they agree.

    Without `then` there is but one version. In a fixed number of queries, as `facts_that_differ`.
    """
    versions = [_Version(index) for index in (now, then) if index is not None]
    for chart in _charts(encounter_ids):
        said = [statement(given) for given in _in_charted_order(chart)]
        charted = [_charted(given, chart) for given in said]
        drugs, orders = versions[0].answers(chart, said, charted)
        before = _facts(chart, said, drugs, orders)
        after = before
        for proposed in versions[1:]:
            other_drugs, other_orders = proposed.answers(chart, said, charted)
            if (other_drugs, other_orders) != (drugs, orders):
                given = zip(before.administrations, other_drugs, strict=True)
                after = replace(
                    before,
                    administrations=tuple(replace(one, drug=drug) for one, drug in given),
                    orders=other_orders,
                )
        yield chart.pk, before, after


class _Version:
    """A version of the formulary with the questions that it has answered: many encounters ask the same."""

    def __init__(self, index: FormularyIndex) -> None:
        self.index = index
        self.resolutions: dict[Charted, Resolution] = {}
        self.facts: dict[DrugQuestion, DrugFacts] = {}

    def resolve(self, charted: Sequence[Charted]) -> list[Resolution]:
        """Which drug each is."""
        return formulary.resolve_many(charted, index=self.index, answers=self.resolutions)

    def answers(
        self, chart: Encounter, said: Sequence[Statement], charted: Sequence[Charted]
    ) -> tuple[list[DrugFacts], tuple[Order, ...]]:
        """What it says of the drugs that were given, and of those that were ordered."""
        return _drugs(said, chart, charted, self.resolve(charted), self), _orders(chart, self)


def _facts(
    chart: Encounter, said: Sequence[Statement], drugs: Sequence[DrugFacts], orders: tuple[Order, ...]
) -> EncounterFacts:
    clock = ZoneInfo(chart.time_zone)
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
        orders=orders,
        documents=_documents(chart.documents),
        other_services=tuple(
            OtherService(code=service["code"], modifiers=tuple(service.get("modifiers", ())))
            for service in chart.other_services
        ),
        administrations=tuple(_administration(given, drug, clock) for given, drug in zip(said, drugs, strict=True)),
    )


def moved(facts: EncounterFacts, *, payer: str | None, facility: str | None, on: date) -> EncounterFacts:
    """The same encounter under other policy layers, and as if it had been on another day at the same times.

    Drugs keep the codes and prices of the day they were given: what differs is the rules and the payer.
    """
    days = on - facts.date_of_service
    return replace(
        facts,
        payer=payer,
        facility=facility,
        date_of_service=on,
        start=_shifted(facts.start, days),
        end=_shifted(facts.end, days),
        inpatient_order=_shifted(facts.inpatient_order, days),
        administrations=tuple(_on_another_day(each, days) for each in facts.administrations),
    )


def _on_another_day(given: Administration, days: timedelta) -> Administration:
    return replace(
        given,
        start=_shifted(given.start, days),
        stop=_shifted(given.stop, days),
        pauses=tuple(
            replace(each, start=_shifted(each.start, days), stop=_shifted(each.stop, days)) for each in given.pauses
        ),
    )


def _shifted(moment: datetime | None, days: timedelta) -> datetime | None:
    return None if moment is None else moment + days


def _in_charted_order(chart: Encounter) -> list[DrugAdministration]:
    return sorted(chart.administrations.all(), key=lambda given: (given.position, given.pk))


def _charts(pks: Sequence[int]) -> Iterable[Encounter]:
    rows = Encounter.objects.select_related("payer", "location").prefetch_related(*_of_the_chart())
    return rows.filter(pk__in=pks).order_by("pk")


def _of_the_chart() -> tuple[str | Prefetch, ...]:
    administrations = DrugAdministration.objects.select_related("drug", "product", "access", "order").prefetch_related(
        "pauses", "containers", Prefetch("addenda", queryset=Addendum.objects.order_by("at", "pk"))
    )
    return "diagnoses", "accesses", "orders", Prefetch("administrations", queryset=administrations)


def _drugs(
    said: Sequence[Statement],
    chart: Encounter,
    charted: Sequence[Charted],
    resolutions: Sequence[Resolution],
    version: _Version,
) -> list[DrugFacts]:
    """What the formulary holds of each, in order."""
    owners = (chart.payer, chart.location)
    # In the order of the rulebook's own layers, so that the narrower one has the last word.
    layers = (chart.setting, *(owner.policy_layer for owner in owners if owner is not None and owner.policy_layer))
    circumstance = _circumstance(chart)
    questions = [
        _question(given, asked, resolution, layers, circumstance)
        for given, asked, resolution in zip(said, charted, resolutions, strict=True)
    ]
    asked_now = [question for question in questions if question]
    found = iter(drug_facts.drug_facts_of_many(asked_now, index=version.index, answers=version.facts))
    return [_drug(given, next(found) if question else None) for given, question in zip(said, questions, strict=True)]


def _circumstance(chart: Encounter) -> str:
    """What of the patient calls for other codes of a drug (epoetin and darbepoetin have codes for dialysis)."""
    codes = {row.code.replace(".", "").upper() for row in chart.diagnoses.all()}
    if codes >= DIALYSIS_DIAGNOSES:
        return DrugBillingCode.Circumstance.ESRD_ON_DIALYSIS.value
    return DrugBillingCode.Circumstance.USUAL.value


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
    given: Statement, charted: Charted, resolution: Resolution, layers: tuple[str, ...], circumstance: str
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
        circumstance=circumstance,
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


def _orders(chart: Encounter, version: _Version) -> tuple[Order, ...]:
    """The orders, each drug by the name that an administration of it has, so that a brand equals its ingredient."""
    return tuple(
        Order(
            reference=row.reference,
            drug=resolution.drug.name if resolution.drug else row.drug_name,
            dose=_quantity(row.dose_amount, row.dose_unit),
            route=row.route or None,
        )
        for row, resolution in zip(_order_rows(chart), version.resolve(_ordered(chart)), strict=True)
    )


def _ordered(chart: Encounter) -> list[Charted]:
    return [
        Charted(on=chart.date_of_service, name=row.drug_name or None, route=row.route or None)
        for row in _order_rows(chart)
    ]


def _order_rows(chart: Encounter) -> list[OrderRow]:
    return sorted(chart.orders.all(), key=lambda row: row.pk)


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
