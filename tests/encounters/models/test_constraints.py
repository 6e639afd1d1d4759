"""What the database itself refuses, whoever writes."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from factory.django import DjangoModelFactory

from encounters.models.encounter import CodingState
from encounters.models.review import DecisionAction, PendReason, ReviewState
from tests.factories.audits import AuditEventFactory
from tests.factories.encounters import (
    MORNING,
    AddendumFactory,
    AdministrationPauseFactory,
    ContainerFactory,
    DiagnosisFactory,
    DrugAdministrationFactory,
    EncounterFactory,
    OrderFactory,
    PatientFactory,
    VascularAccessFactory,
)
from tests.factories.reviews import (
    ClinicQueryFactory,
    CodedLineFactory,
    CodingRunFactory,
    FinalLineFactory,
    LineDecisionFactory,
    NoteFactory,
    ReviewFactory,
    RunFindingFactory,
    SightFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

EARLIER = MORNING - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("constraint", "factory", "values"),
    [
        ("encounter_ends_after_start", EncounterFactory, {"started_at": MORNING, "ended_at": EARLIER}),
        ("encounter_coding_state_is_known", EncounterFactory, {"coding_state": "lost"}),
        ("encounter_setting_is_known", EncounterFactory, {"setting": "ward"}),
        ("encounter_failure_says_why", EncounterFactory, {"coding_state": CodingState.FAILED}),
        ("encounter_chart_version_counts_from_one", EncounterFactory, {"chart_version": 0}),
        ("diagnosis_place_counts_from_one", DiagnosisFactory, {"position": 0}),
        ("administration_stops_after_start", DrugAdministrationFactory, {"stopped_at": EARLIER}),
        ("administration_counts_from_one", DrugAdministrationFactory, {"visit": 0}),
        ("administration_counts_from_one", DrugAdministrationFactory, {"lesions": 0}),
        ("administration_amounts_not_negative", DrugAdministrationFactory, {"dose_amount": Decimal(-1)}),
        ("administration_amounts_not_negative", DrugAdministrationFactory, {"discarded_amount": Decimal(-1)}),
        ("pause_stops_after_start", AdministrationPauseFactory, {"stopped_at": EARLIER}),
        ("container_holds_something", ContainerFactory, {"size_amount": Decimal(0)}),
        ("container_holds_something", ContainerFactory, {"count": 0}),
        ("addendum_says_why", AddendumFactory, {"reason": ""}),
        ("addendum_changes_something", AddendumFactory, {"changes": {}}),
        ("event_names_its_actor", AuditEventFactory, {"actor_name": ""}),
        ("event_tag_is_subject_object_verb", AuditEventFactory, {"tag": "something happened"}),
        ("run_number_counts_from_one", CodingRunFactory, {"number": 0}),
        ("run_digests_are_hex", CodingRunFactory, {"facts_digest": "x" * 64}),
        ("run_digests_are_hex", CodingRunFactory, {"result_digest": ""}),
        ("coded_line_has_units", CodedLineFactory, {"units": 0}),
        ("review_claim_has_lease", ReviewFactory, {"lease_until": MORNING}),
        ("review_accepted_by_somebody", ReviewFactory, {"state": ReviewState.ACCEPTED}),
        ("review_state_is_known", ReviewFactory, {"state": "lost"}),
        ("review_pend_says_why", ReviewFactory, {"state": ReviewState.PENDED}),
        (
            "review_pend_says_why",
            ReviewFactory,
            {"state": ReviewState.PENDED, "pend_reason": PendReason.OTHER},
        ),
        ("review_second_review_has_a_first", ReviewFactory, {"state": ReviewState.SECOND_REVIEW}),
        ("sight_names_what", SightFactory, {"administration": ""}),
        ("note_says_something", NoteFactory, {"text": ""}),
        ("note_anchor_is_known", NoteFactory, {"anchor_kind": "bar", "anchor": "a1"}),
        ("note_names_its_anchor", NoteFactory, {"anchor_kind": "line"}),
        ("note_names_its_anchor", NoteFactory, {"anchor": "96365"}),
        ("query_state_is_known", ClinicQueryFactory, {"state": "lost", "closed_at": MORNING}),
        ("query_asks_somebody_something", ClinicQueryFactory, {"asked_of": ""}),
        ("query_is_closed_at_a_time", ClinicQueryFactory, {"closed_at": MORNING}),
        ("query_answer_says_what_and_who", ClinicQueryFactory, {"state": "answered", "closed_at": MORNING}),
        ("query_withdrawal_says_why", ClinicQueryFactory, {"state": "withdrawn", "closed_at": MORNING}),
        ("review_codes_have_units", ReviewFactory, {"codes": ["96365"], "code_units": []}),
        ("decision_against_the_engine_says_why", LineDecisionFactory, {"action": DecisionAction.OVERRIDDEN}),
        ("decision_against_the_engine_says_why", LineDecisionFactory, {"action": DecisionAction.REJECTED}),
        ("decision_against_the_engine_says_why", LineDecisionFactory, {"action": DecisionAction.ADDED}),
        ("decision_for_other_reasons_says_which", LineDecisionFactory, {"reason_code": "other"}),
        ("decision_action_is_known", LineDecisionFactory, {"action": "guessed"}),
        ("decision_undone_names_what", LineDecisionFactory, {"action": DecisionAction.UNDONE}),
        ("decision_for_a_line_has_its_values", LineDecisionFactory, {"units": 0}),
        ("decision_for_a_line_has_its_values", LineDecisionFactory, {"units": None}),
        ("decision_for_a_line_has_its_values", LineDecisionFactory, {"code": ""}),
        ("decision_for_a_line_has_its_values", LineDecisionFactory, {"date_of_service": None}),
        ("final_line_has_units", FinalLineFactory, {"units": 0}),
    ],
)
def test_the_database_refuses(constraint: str, factory: type[DjangoModelFactory], values: Mapping[str, object]) -> None:
    factory.create()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        factory.create(**values)


def test_a_claim_without_a_lease_is_refused() -> None:
    with pytest.raises(IntegrityError, match="review_claim_has_lease"):
        ReviewFactory.create(claimed_by=UserFactory.create())


def a_second_patient() -> None:
    PatientFactory.create(mrn=PatientFactory.create().mrn)


def a_second_encounter() -> None:
    first = EncounterFactory.create()
    EncounterFactory.create(source=first.source, external_id=first.external_id)


def a_second_administration() -> None:
    first = DrugAdministrationFactory.create()
    DrugAdministrationFactory.create(encounter=first.encounter, external_id=first.external_id)


def a_second_diagnosis() -> None:
    DiagnosisFactory.create(encounter=DiagnosisFactory.create().encounter)


def a_second_access() -> None:
    VascularAccessFactory.create(encounter=VascularAccessFactory.create().encounter)


def a_second_order() -> None:
    first = OrderFactory.create()
    OrderFactory.create(encounter=first.encounter, reference=first.reference)


def a_second_run() -> None:
    CodingRunFactory.create(encounter=CodingRunFactory.create().encounter)


def a_second_line() -> None:
    CodedLineFactory.create(run=CodedLineFactory.create().run, key="other")


def a_second_key() -> None:
    CodedLineFactory.create(run=CodedLineFactory.create().run, position=98)


def a_second_finding() -> None:
    RunFindingFactory.create(run=RunFindingFactory.create().run)


def a_second_review() -> None:
    ReviewFactory.create(run=ReviewFactory.create().run)


def a_second_undo() -> None:
    first = LineDecisionFactory.create()
    for _ in range(2):
        LineDecisionFactory.create(review=first.review, action=DecisionAction.UNDONE, undoes=first)


def a_second_final_line() -> None:
    FinalLineFactory.create(review=FinalLineFactory.create().review)


@pytest.mark.parametrize(
    ("name", "twice"),
    [
        ("encounters_patient_mrn", a_second_patient),
        ("encounter_sent_once", a_second_encounter),
        ("administration_sent_once", a_second_administration),
        ("diagnosis_place_once", a_second_diagnosis),
        ("access_label_once", a_second_access),
        ("order_reference_once", a_second_order),
        ("run_number_once", a_second_run),
        ("coded_line_place_once", a_second_line),
        ("coded_line_key_once", a_second_key),
        ("finding_place_once", a_second_finding),
        ("encounters_review_encounter_id", a_second_review),
        ("encounters_linedecision_undoes_id", a_second_undo),
        ("final_line_place_once", a_second_final_line),
    ],
)
def test_the_database_refuses_a_second(name: str, twice: Callable[[], None]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        twice()
