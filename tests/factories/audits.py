"""The trail, samples and their audits, and what was wrong on purpose."""

from datetime import date
from decimal import Decimal

import factory

from encounters.audit import Tag
from encounters.models import (
    AuditedLine,
    AuditEvent,
    AuditPurge,
    AuditSeal,
    CodingRun,
    Sample,
    SampleAudit,
    SampleItem,
    SampleLock,
    SampleRuling,
    SeededRun,
    SeedingPolicy,
    SeedOutcome,
)
from tests.factories.encounters import DAY_AFTER, MORNING, SERVICE_DATE, EncounterFactory
from tests.factories.reviews import ReviewFactory
from tests.factories.users import UserFactory


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
