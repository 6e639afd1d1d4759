"""The chart, its runs and reviews. Times are those of Thursday, 15 January 2026, at a clinic in New York."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory

from encounters import coding
from encounters.audit import Tag
from encounters.models import (
    Addendum,
    AdministrationPause,
    AuditedLine,
    AuditEvent,
    AuditPurge,
    AuditSeal,
    ClinicQuery,
    CodedLine,
    CodingRun,
    Container,
    Diagnosis,
    DrugAdministration,
    Encounter,
    FinalLine,
    IdentifiedOverpayment,
    ImpactStudy,
    IntakeBatch,
    IntakeRefusal,
    LineDecision,
    Location,
    Note,
    Order,
    Patient,
    Payer,
    Review,
    RulebookFile,
    RulebookVersion,
    RunFinding,
    Sample,
    SampleAudit,
    SampleItem,
    SampleLock,
    SampleRuling,
    SeededRun,
    SeedingPolicy,
    SeedOutcome,
    Sight,
    StudiedEncounter,
    VascularAccess,
)
from encounters.models.encounter import CodingState
from encounters.models.review import DecisionAction, ReviewState
from rules import result as said
from rules.facts import EncounterFacts
from rules.snapshot import facts_to_json, result_to_json
from rules.vocabulary import FindingKind, LineFamily, Role, Severity
from tests.factories.users import UserFactory

SERVICE_DATE = date(2026, 1, 15)
MORNING = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
"""10:00 on the clinic's clock."""
DAY_AFTER = MORNING + timedelta(days=1)


class PatientFactory(factory.django.DjangoModelFactory[Patient]):
    """A made-up person."""

    class Meta:
        model = Patient

    mrn = factory.Sequence(lambda n: f"MRN{n:06}")
    family_name = "Example"
    given_name = "Robin"
    created_at = MORNING


class PayerFactory(factory.django.DjangoModelFactory[Payer]):
    """A payer without a policy of its own."""

    class Meta:
        model = Payer

    code = factory.Sequence(lambda n: f"payer-{n}")
    name = factory.Sequence(lambda n: f"Payer {n}")


class LocationFactory(factory.django.DjangoModelFactory[Location]):
    """A hospital's infusion centre."""

    class Meta:
        model = Location

    code = factory.Sequence(lambda n: f"location-{n}")
    name = factory.Sequence(lambda n: f"Infusion centre {n}")
    setting = "facility"
    place_of_service = "22"


class EncounterFactory(factory.django.DjangoModelFactory[Encounter]):
    """An encounter that waits to be coded, with nothing charted yet."""

    class Meta:
        model = Encounter

    patient = factory.SubFactory(PatientFactory)
    location = factory.SubFactory(LocationFactory)
    payer = factory.SubFactory(PayerFactory)
    source = "test"
    external_id = factory.Sequence(lambda n: f"ACC{n:06}")
    setting = "facility"
    place_of_service = "22"
    date_of_service = SERVICE_DATE
    time_zone = "America/New_York"
    received_at = MORNING + timedelta(hours=8)


class DiagnosisFactory(factory.django.DjangoModelFactory[Diagnosis]):
    """The first diagnosis."""

    class Meta:
        model = Diagnosis

    encounter = factory.SubFactory(EncounterFactory)
    position = 1
    code = "D50.9"


class OrderFactory(factory.django.DjangoModelFactory[Order]):
    """An order for what DrugAdministrationFactory gives."""

    class Meta:
        model = Order

    encounter = factory.SubFactory(EncounterFactory)
    reference = factory.Sequence(lambda n: f"order-{n}")
    drug_name = "cefazolin"


class VascularAccessFactory(factory.django.DjangoModelFactory[VascularAccess]):
    """The first access."""

    class Meta:
        model = VascularAccess

    encounter = factory.SubFactory(EncounterFactory)
    label = "A"


class DrugAdministrationFactory(factory.django.DjangoModelFactory[DrugAdministration]):
    """An IV infusion of an hour, of a drug that the formulary does not know and the chart calls therapeutic."""

    class Meta:
        model = DrugAdministration

    encounter = factory.SubFactory(EncounterFactory)
    external_id = factory.Sequence(lambda n: f"adm-{n}")
    position = factory.Sequence(lambda n: n)
    drug_name = "Cefazolin"
    kind = "therapeutic"
    route = "IV"
    technique = "infusion"
    started_at = MORNING
    stopped_at = MORNING + timedelta(minutes=60)
    dose_amount = Decimal(1000)
    dose_unit = "mg"


class AdministrationPauseFactory(factory.django.DjangoModelFactory[AdministrationPause]):
    """Ten minutes in which nothing ran."""

    class Meta:
        model = AdministrationPause

    administration = factory.SubFactory(DrugAdministrationFactory)
    started_at = MORNING + timedelta(minutes=20)
    stopped_at = MORNING + timedelta(minutes=30)


class ContainerFactory(factory.django.DjangoModelFactory[Container]):
    """One single-dose vial."""

    class Meta:
        model = Container

    administration = factory.SubFactory(DrugAdministrationFactory)
    size_amount = Decimal(1000)
    size_unit = "mg"
    is_single_dose = True


class AddendumFactory(factory.django.DjangoModelFactory[Addendum]):
    """The infusion stopped half an hour later than charted."""

    class Meta:
        model = Addendum

    administration = factory.SubFactory(DrugAdministrationFactory)
    encounter = factory.SelfAttribute("administration.encounter")
    changes = factory.LazyFunction(lambda: {"stopped_at": (MORNING + timedelta(minutes=90)).isoformat()})
    reason = "read off the pump"
    author = factory.SubFactory(UserFactory)
    author_name = "Pat"
    at = MORNING + timedelta(hours=3)


class AuditEventFactory(factory.django.DjangoModelFactory[AuditEvent]):
    """Something the system did."""

    class Meta:
        model = AuditEvent

    at = MORNING
    tag = Tag.ENCOUNTER_OPENED
    actor_name = "system"
    encounter = factory.SubFactory(EncounterFactory)


class AuditSealFactory(factory.django.DjangoModelFactory[AuditSeal]):
    """The place of an event."""

    class Meta:
        model = AuditSeal

    event = factory.SubFactory(AuditEventFactory)
    stream = 0
    sequence = factory.Sequence(lambda n: n + 1)
    content = bytes(32)
    link = bytes(32)


class AuditPurgeFactory(factory.django.DjangoModelFactory[AuditPurge]):
    """The first event of a stream was purged."""

    class Meta:
        model = AuditPurge

    stream = factory.Sequence(lambda n: n + 1)
    first_sequence = 1
    last_sequence = 1
    link = bytes(32)
    event = factory.SubFactory(AuditEventFactory)
    proof = bytes(32)


class RulebookFileFactory(factory.django.DjangoModelFactory[RulebookFile]):
    """A file of the rules."""

    class Meta:
        model = RulebookFile

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    content = b""


class RulebookVersionFactory(factory.django.DjangoModelFactory[RulebookVersion]):
    """A rulebook without files."""

    class Meta:
        model = RulebookVersion

    version = factory.Sequence(lambda n: f"{n:064x}")
    archived_at = MORNING
    files = factory.LazyFunction(dict)


class IntakeBatchFactory(factory.django.DjangoModelFactory[IntakeBatch]):
    """A file."""

    class Meta:
        model = IntakeBatch

    source = "test"
    file_name = "week.csv"
    sha256 = "0" * 64
    received_at = MORNING


class IntakeRefusalFactory(factory.django.DjangoModelFactory[IntakeRefusal]):
    """A record that nobody has settled."""

    class Meta:
        model = IntakeRefusal

    batch = factory.SubFactory(IntakeBatchFactory)
    encounter = factory.SubFactory(EncounterFactory)
    line = 7
    reason = "the stop lies before the start"


def a_line(key: str = "96365", code: str = "96365", **values: Any) -> said.CodedLine:
    """A suggested line: an initial therapeutic infusion."""
    return said.CodedLine(
        **{
            "key": key,
            "code": code,
            "units": 1,
            "role": Role.INITIAL,
            "family": LineFamily.THERAPEUTIC,
            "administrations": ("a1",),
            "date_of_service": SERVICE_DATE,
        }
        | values
    )


def a_finding(severity: Severity = Severity.WARNS, kind: FindingKind = FindingKind.MISSING_STOP_TIME) -> said.Finding:
    """A finding about the first administration."""
    return said.Finding(kind, severity, ("a1",), said.Step("missing", "B10"))


def a_result(
    encounter: Encounter, lines: Sequence[said.CodedLine] = (), findings: Sequence[said.Finding] = ()
) -> said.CodingResult:
    """What an engine might have said."""
    versions = said.Versions(engine="1", rulebook="test", policy="base", layers=("base",), values=())
    return said.CodingResult(str(encounter.pk), tuple(lines), (), tuple(findings), (), (), (), versions)


class CodingRunFactory(factory.django.DjangoModelFactory[CodingRun]):
    """A stored run that suggested `lines` and reported `findings`, with a row for each; one infusion unless told."""

    class Meta:
        model = CodingRun
        skip_postgeneration_save = True

    class Params:
        lines: Sequence[said.CodedLine] = (a_line(),)
        findings: Sequence[said.Finding] = ()

    encounter = factory.SubFactory(EncounterFactory)
    number = 1
    at = MORNING + timedelta(hours=9)
    trigger = CodingRun.Trigger.INTAKE
    chart_version = factory.SelfAttribute("encounter.chart_version")
    facts = factory.LazyAttribute(
        lambda run: facts_to_json(EncounterFacts(str(run.encounter.pk), run.encounter.date_of_service))
    )
    facts_digest = factory.LazyAttribute(lambda run: coding.digest(run.facts))
    result = factory.LazyAttribute(lambda run: result_to_json(a_result(run.encounter, run.lines, run.findings)))
    result_digest = factory.LazyAttribute(lambda run: coding.digest(run.result))
    engine_version = "1"
    rulebook_version = "test"
    policy = "base"
    formulary_version = "none"
    microseconds = 1000

    @factory.post_generation
    def rows(self: CodingRun, create: bool, _: object, **kwargs: object) -> None:
        """The rows beside the whole; the encounter is coded."""
        if create:
            coding._store(self, coding.result_of(self))
            Encounter.objects.filter(pk=self.encounter_id).update(coding_state=CodingState.CODED)
            self.encounter.refresh_from_db()


class CodedLineFactory(factory.django.DjangoModelFactory[CodedLine]):
    """A row beside those of its run."""

    class Meta:
        model = CodedLine

    run = factory.SubFactory(CodingRunFactory)
    position = 99
    key = "extra"
    code = "96375"
    units = 1
    role = Role.PUSH
    family = LineFamily.THERAPEUTIC
    date_of_service = SERVICE_DATE


class RunFindingFactory(factory.django.DjangoModelFactory[RunFinding]):
    """A row beside those of its run."""

    class Meta:
        model = RunFinding

    run = factory.SubFactory(CodingRunFactory)
    position = 99
    kind = FindingKind.MISSING_DOSE
    severity = Severity.INFORMS


class ReviewFactory(factory.django.DjangoModelFactory[Review]):
    """A review that is ready: nothing to decide, nobody holds it. The act that makes real ones is `prepare`."""

    class Meta:
        model = Review

    run = factory.SubFactory(CodingRunFactory)
    encounter = factory.SelfAttribute("run.encounter")
    state = ReviewState.READY
    date_of_service = factory.SelfAttribute("run.encounter.date_of_service")
    payer = factory.SelfAttribute("run.encounter.payer")
    location = factory.SelfAttribute("run.encounter.location")
    due_date = SERVICE_DATE + timedelta(days=5)
    filing_limit_date = SERVICE_DATE + timedelta(days=365)


class LineDecisionFactory(factory.django.DjangoModelFactory[LineDecision]):
    """The infusion is accepted as suggested."""

    class Meta:
        model = LineDecision

    review = factory.SubFactory(ReviewFactory)
    run = factory.SelfAttribute("review.run")
    line_key = "96365"
    action = DecisionAction.ACCEPTED
    code = "96365"
    units = 1
    date_of_service = SERVICE_DATE
    actor = factory.SubFactory(UserFactory)
    actor_name = "Pat"
    at = DAY_AFTER


class FinalLineFactory(factory.django.DjangoModelFactory[FinalLine]):
    """The infusion, final."""

    class Meta:
        model = FinalLine

    review = factory.SubFactory(ReviewFactory)
    run = factory.SelfAttribute("review.run")
    acceptance = 1
    position = 1
    line_key = "96365"
    code = "96365"
    units = 1
    date_of_service = SERVICE_DATE
    origin = FinalLine.Origin.SUGGESTED
    accepted_by_name = "Pat"
    at = DAY_AFTER


class SightFactory(factory.django.DjangoModelFactory[Sight]):
    """Somebody saw the first administration."""

    class Meta:
        model = Sight

    review = factory.SubFactory(ReviewFactory)
    run = factory.SelfAttribute("review.run")
    administration = "a1"
    said = "part of the other services"
    seen_by = factory.SubFactory(UserFactory)
    seen_by_name = "Pat"
    at = DAY_AFTER


class NoteFactory(factory.django.DjangoModelFactory[Note]):
    """A remark on the encounter."""

    class Meta:
        model = Note

    review = factory.SubFactory(ReviewFactory)
    text = "the pump was changed at noon"
    author = factory.SubFactory(UserFactory)
    author_name = "Pat"
    at = DAY_AFTER


class ClinicQueryFactory(factory.django.DjangoModelFactory[ClinicQuery]):
    """An open question for the stop time."""

    class Meta:
        model = ClinicQuery

    review = factory.SubFactory(ReviewFactory)
    administration = factory.SubFactory(
        DrugAdministrationFactory, encounter=factory.SelfAttribute("..review.encounter")
    )
    template = "stop_time"
    template_version = SERVICE_DATE
    text = "When did it stop?"
    answer_kind = "time"
    field = "stopped_at"
    asked_of = "the infusion nurse"
    asked_by = factory.SubFactory(UserFactory)
    asked_by_name = "Pat"
    asked_at = DAY_AFTER
    expires_date = SERVICE_DATE + timedelta(days=15)


class SampleFactory(factory.django.DjangoModelFactory[Sample]):
    """One of one."""

    class Meta:
        model = Sample

    name = factory.Sequence(lambda n: f"Sample {n}")
    definition = factory.LazyFunction(dict)
    frame = ""
    frame_hash = "0" * 64
    frame_size = 1
    sizes = factory.LazyFunction(lambda: {"all": 1})
    size = 1
    size_reason = "the only one"
    confidence = Decimal("0.95")
    seed = "seed"
    algorithm = "sample-draw-1"
    drawn_by = factory.SubFactory(UserFactory)
    drawn_by_name = "Pat"
    at = DAY_AFTER


class SampleItemFactory(factory.django.DjangoModelFactory[SampleItem]):
    """The first drawn."""

    class Meta:
        model = SampleItem

    sample = factory.SubFactory(SampleFactory)
    position = 1
    review = factory.SubFactory(ReviewFactory)
    encounter = factory.SelfAttribute("review.encounter")
    run = factory.SelfAttribute("review.run")
    acceptance = 1
    coder = factory.SubFactory(UserFactory)
    coder_name = "Pat"
    stratum = "all"
    key = "0" * 64


class SampleAuditFactory(factory.django.DjangoModelFactory[SampleAudit]):
    """Somebody is to review the first drawn."""

    class Meta:
        model = SampleAudit

    item = factory.SubFactory(SampleItemFactory)
    place = 1
    auditor = factory.SubFactory(UserFactory)
    auditor_name = "Pat"
    at = DAY_AFTER


class SampleLockFactory(factory.django.DjangoModelFactory[SampleLock]):
    """The auditor has locked."""

    class Meta:
        model = SampleLock

    audit = factory.SubFactory(SampleAuditFactory)
    at = DAY_AFTER


class AuditedLineFactory(factory.django.DjangoModelFactory[AuditedLine]):
    """The infusion, as the auditor codes it."""

    class Meta:
        model = AuditedLine

    lock = factory.SubFactory(SampleLockFactory)
    position = 1
    code = "96365"
    units = 1
    date_of_service = SERVICE_DATE


class SampleRulingFactory(factory.django.DjangoModelFactory[SampleRuling]):
    """The auditor disagrees."""

    class Meta:
        model = SampleRuling

    audit = factory.SubFactory(SampleAuditFactory)
    row = 1
    kind = "disagreed"
    reason = "15 minutes are a push"
    actor = factory.SubFactory(UserFactory)
    actor_name = "Pat"
    at = DAY_AFTER


class SeedingPolicyFactory(factory.django.DjangoModelFactory[SeedingPolicy]):
    """A fifth of everybody's clean encounters in January."""

    class Meta:
        model = SeedingPolicy

    rate = Decimal("0.2")
    from_date = date(2026, 1, 1)
    until_date = date(2026, 2, 1)
    seed = "seed"
    reason = "yearly measure"
    set_by = factory.SubFactory(UserFactory)
    set_by_name = "Pat"
    at = MORNING


class SeededRunFactory(factory.django.DjangoModelFactory[SeededRun]):
    """A second run with one unit too many."""

    class Meta:
        model = SeededRun

    review = factory.SubFactory(ReviewFactory)
    true_run = factory.SelfAttribute("review.run")
    run = factory.LazyAttribute(
        lambda seeded: CodingRun.objects.create(
            **{
                field.name: getattr(seeded.true_run, field.name)
                for field in CodingRun._meta.concrete_fields
                if field.name not in {"id", "number"}
            },
            number=2,
        )
    )
    policy = factory.SubFactory(SeedingPolicyFactory)
    shown_to = factory.SubFactory(UserFactory)
    line_key = "96365"
    code = "96365"
    right_units = 1
    wrong_units = 2
    at = DAY_AFTER


class SeedOutcomeFactory(factory.django.DjangoModelFactory[SeedOutcome]):
    """It was noticed."""

    class Meta:
        model = SeedOutcome

    seeded = factory.SubFactory(SeededRunFactory)
    coder = factory.SubFactory(UserFactory)
    coder_name = "Pat"
    is_accepted = False
    at = DAY_AFTER


class ImpactStudyFactory(factory.django.DjangoModelFactory[ImpactStudy]):
    """Overpayments under the rules as installed, not begun."""

    class Meta:
        model = ImpactStudy

    name = "As installed"
    proposed = "the rules as installed"
    rulebook_version = "0" * 64
    identified_date = SERVICE_DATE
    requested_by = factory.SubFactory(UserFactory)
    requested_by_name = "Pat"
    requested_at = DAY_AFTER


class StudiedEncounterFactory(factory.django.DjangoModelFactory[StudiedEncounter]):
    """A further hour would be gone."""

    class Meta:
        model = StudiedEncounter

    study = factory.SubFactory(ImpactStudyFactory)
    encounter = factory.SubFactory(EncounterFactory)
    position = factory.Sequence(lambda number: number + 1)
    is_accepted = False
    before = ["96365 × 1", "96366 × 1"]
    after = ["96365 × 1"]
    dollars_before = Decimal("265.15")
    dollars_after = Decimal("217.31")


class IdentifiedOverpaymentFactory(factory.django.DjangoModelFactory[IdentifiedOverpayment]):
    """A further hour was billed that the rules do not give."""

    class Meta:
        model = IdentifiedOverpayment

    study = factory.SubFactory(ImpactStudyFactory)
    encounter = factory.SubFactory(EncounterFactory)
    accepted_at = DAY_AFTER
    lines = [["96366", 1, 0]]
    dollars = Decimal("47.84")
    return_by = SERVICE_DATE + timedelta(days=60)
