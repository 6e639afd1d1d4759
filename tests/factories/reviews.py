"""Rules that were kept, runs, and what people made of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import factory

from encounters import coding
from encounters.models import (
    ClinicQuery,
    CodedLine,
    CodingRun,
    Encounter,
    FinalLine,
    LineDecision,
    Note,
    Review,
    RulebookFile,
    RulebookVersion,
    RunFinding,
    Sight,
)
from encounters.models.encounter import CodingState
from encounters.models.review import DecisionAction, ReviewState
from rules import result as said
from rules.facts import EncounterFacts
from rules.snapshot import facts_to_json, result_to_json
from rules.vocabulary import FindingKind, LineFamily, Role, Severity
from tests.factories.encounters import DAY_AFTER, MORNING, SERVICE_DATE, DrugAdministrationFactory, EncounterFactory
from tests.factories.users import UserFactory


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
