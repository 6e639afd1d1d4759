"""A study finds what coding anew would, keeps it, tells it to whoever may know, and leaves an event each time."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters import impact, impact_studies, tasks
from encounters.audit import Tag
from encounters.impact_studies import Asked, UnableToStudy
from encounters.models import (
    AuditEvent,
    DrugReferences,
    Encounter,
    IdentifiedOverpayment,
    ImpactStudy,
    Review,
    SiteAssignment,
    StudiedEncounter,
)
from encounters.proposed_rules import rulebook_with
from encounters.review import claims, preparation, states
from tests import personas
from tests.encounters.proposals import THRESHOLDS, further_hour_from
from tests.factories.encounters import DAY_AFTER, MORNING, SERVICE_DATE, DrugAdministrationFactory, LocationFactory

pytestmark = pytest.mark.django_db

FOUND = date(2026, 3, 1)


def coded(*, days: int = 0, minutes: int = 91) -> Review:
    start = MORNING + timedelta(days=days)
    encounter = DrugAdministrationFactory.create(
        encounter__date_of_service=SERVICE_DATE + timedelta(days=days),
        started_at=start,
        stopped_at=start + timedelta(minutes=minutes),
    ).encounter
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
    assert review is not None
    return review


def accepted(review: Review) -> Review:
    held = claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
    said = {"user": personas.ana(), "at": DAY_AFTER, "version": held.version}
    return states.accept(review=held, reason="confirmed", **said)


def studied(**asked: object) -> ImpactStudy:
    wanted = Asked("a further hour from 60 minutes", **{"files": further_hour_from(60), **asked})  # type: ignore[arg-type]
    study = impact_studies.request(asked=wanted, user=personas.finn(), at=DAY_AFTER)
    tasks.study_impact(study_id=study.pk)
    study.refresh_from_db()
    return study


class TestStudy:
    def test_counts_and_keeps_what_would_change(self) -> None:
        opened, stands = coded(), accepted(coded())
        coded(minutes=45)
        study = studied()
        assert (study.state, study.error) == ("finished", "")
        assert (study.open_changed, study.accepted_changed, study.lines_changed) == (1, 1, 2)
        assert (study.to_look_at, study.looked_at, study.done) == (3, 3, 3)
        assert study.dollars < Decimal(0)
        rows = impact_studies.encounters_of(study=study, user=personas.finn(), at=DAY_AFTER)
        assert [row.encounter_id for row in rows] == [stands.encounter_id, opened.encounter_id]
        assert [row.is_accepted for row in rows] == [True, False]
        assert "96366 × 1" in rows[0].before
        assert "96366 × 1" not in rows[0].after
        assert sum(row.dollars for row in rows) == study.dollars

    def test_of_a_policy_value_is_what_the_whole_impact_says(self) -> None:
        for days in range(0, 400, 40):
            coded(days=-days)
        key, _, values = impact_studies.policy_values()[0]
        overrides = {key: values[-1]}
        study = studied(files={}, overrides=overrides)
        whole = impact.assess(impact.Proposal(overrides=overrides))
        assert study.looked_at == whole.looked_at == 10
        assert study.open_changed == len(whole.open_ids)
        assert study.dollars == whole.dollars_after - whole.dollars_before

    def test_changes_nothing(self) -> None:
        review = accepted(coded())
        before = (review.version, review.state, review.run_id)
        studied()
        review.refresh_from_db()
        assert (review.version, review.state, review.run_id) == before
        assert review.encounter.runs.count() == 1

    def test_of_dates_leaves_out_the_others(self) -> None:
        coded()
        coded(days=-30)
        assert studied(first=SERVICE_DATE).looked_at == 1
        assert studied(until=SERVICE_DATE).looked_at == 1

    def test_is_told_of_in_the_trail(self) -> None:
        review = coded()
        study = studied()
        impact_studies.encounters_of(study=study, user=personas.ben(), at=DAY_AFTER)
        told = AuditEvent.objects.filter(tag__startswith="rules:impact").order_by("pk")
        assert [(event.tag, event.actor) for event in told] == [
            (Tag.IMPACT_REQUESTED, personas.finn()),
            (Tag.IMPACT_WORKED_OUT, None),
            (Tag.IMPACT_VIEWED, personas.ben()),
        ]
        assert dict(told[2].after or {})["encounters"] == [review.encounter_id]


class TestSlices:
    def test_hold_every_encounter_once_also_those_of_several_days(self) -> None:
        for days in range(0, 600, 7):
            encounter = Encounter.objects.order_by("pk").first() or coded().encounter
            first = SERVICE_DATE - timedelta(days=days)
            row = DrugReferences.objects.get(pk=encounter.pk)
            fields = {"first_date": first, "last_date": first + timedelta(days=days % 3)}
            other = DrugAdministrationFactory.create().encounter
            known = {name: getattr(row, name) for name in ("names", "ndcs", "codes", "drug_ids")}
            DrugReferences.objects.create(encounter=other, **known, **fields)
        rows = DrugReferences.objects.all()
        found = list(impact_studies.slices(rows, None, None))
        assert len(found) > 10
        assert (found[0][0], found[-1][1]) == (None, None)
        assert [until for _, until in found[:-1]] == [first for first, _ in found[1:]]
        held = 0
        for since, until in found:
            part = rows if since is None else rows.filter(last_date__gte=since)
            held += (part if until is None else part.filter(first_date__lt=until)).count()
        assert held == rows.count()

    def test_of_nothing_are_one(self) -> None:
        assert list(impact_studies.slices(DrugReferences.objects.all(), None, None)) == [(None, None)]


class TestRequest:
    @pytest.mark.parametrize("who", [personas.ana, personas.cleo, personas.hal, personas.ira, personas.dov])
    def test_is_for_leads_auditors_and_policy_owners(self, who: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            impact_studies.request(asked=Asked("x", identified_on=FOUND), user=who(), at=DAY_AFTER)
        with pytest.raises(PermissionDenied):
            impact_studies.studies(user=who())

    @pytest.mark.parametrize(
        "asked",
        [
            Asked("nothing"),
            Asked("no such key", overrides={"nothing": "1"}),
            Asked("no such answer", overrides={"missing_stop": "sometimes"}),
            Asked("a value and overpayments", overrides={"missing_stop": "query"}, identified_on=FOUND),
            Asked("no rule file", files={THRESHOLDS: "a: 1"}),
            Asked("before the rule", identified_on=date(2010, 1, 1)),
        ],
        ids=lambda asked: asked.name,
    )
    def test_that_cannot_be_worked_out_is_refused(self, asked: Asked) -> None:
        with pytest.raises(UnableToStudy):
            impact_studies.request(asked=asked, user=personas.gus(), at=DAY_AFTER)
        assert not ImpactStudy.objects.exists()

    def test_waits_for_earlier_ones_of_the_same_person(self) -> None:
        for _ in range(impact_studies.UNFINISHED_AT_MOST):
            impact_studies.request(asked=Asked("x", identified_on=FOUND), user=personas.gus(), at=DAY_AFTER)
        with pytest.raises(UnableToStudy):
            impact_studies.request(asked=Asked("x", identified_on=FOUND), user=personas.gus(), at=DAY_AFTER)


class TestWorker:
    def asked(self) -> ImpactStudy:
        return impact_studies.request(asked=Asked("x", identified_on=FOUND), user=personas.gus(), at=DAY_AFTER)

    def test_begins_what_nobody_works_on(self) -> None:
        study = self.asked()
        assert impact_studies.unfinished(at=DAY_AFTER) == [study.pk]
        assert impact_studies.begin(study_id=study.pk, at=DAY_AFTER)
        assert not impact_studies.begin(study_id=study.pk, at=DAY_AFTER)
        assert impact_studies.unfinished(at=DAY_AFTER) == []
        later = DAY_AFTER + timedelta(hours=1)
        assert impact_studies.unfinished(at=later) == [study.pk]
        assert impact_studies.begin(study_id=study.pk, at=later)

    def test_gives_up_after_three(self) -> None:
        study = self.asked()
        for hour in range(3):
            assert impact_studies.begin(study_id=study.pk, at=DAY_AFTER + timedelta(hours=hour))
        assert not impact_studies.begin(study_id=study.pk, at=DAY_AFTER + timedelta(hours=3))
        study.refresh_from_db()
        assert (study.state, bool(study.error)) == ("failed", True)

    def test_that_is_late_keeps_nothing_over_the_one_that_took_over(self) -> None:
        accepted(coded())
        study = self.asked()
        impact_studies.begin(study_id=study.pk, at=DAY_AFTER)
        impact_studies.work_out(study_id=study.pk, now=lambda: DAY_AFTER)
        impact_studies.work_out(study_id=study.pk, now=lambda: DAY_AFTER)
        assert AuditEvent.objects.filter(tag=Tag.IMPACT_WORKED_OUT).count() == 1

    def test_ends_a_study_whose_rules_are_others_by_now(self) -> None:
        study = self.asked()
        ImpactStudy.objects.filter(pk=study.pk).update(rulebook_version="0" * 64)
        tasks.study_impact(study_id=study.pk)
        study.refresh_from_db()
        assert study.state == "failed"
        assert "ask again" in study.error


class TestOverpayments:
    def test_stand_with_the_first_deadline_until_accepted_anew(self) -> None:
        review = accepted(coded())
        studied(identified_on=FOUND)
        again = studied(identified_on=FOUND + timedelta(days=20))
        (due,) = impact_studies.overpayments_due(user=personas.finn(), at=DAY_AFTER)
        assert (due.found.encounter_id, due.found.study_id) == (review.encounter_id, again.pk)
        assert due.found.lines == [["96366", 1, 0]]
        assert due.return_by == FOUND + timedelta(days=60)
        assert due.identified_on == FOUND
        assert due.found.dollars > Decimal(0)
        Review.objects.filter(pk=review.pk).update(accepted_at=DAY_AFTER + timedelta(days=90))
        assert impact_studies.overpayments_due(user=personas.finn(), at=DAY_AFTER) == []

    def test_of_dates_leave_out_the_others(self) -> None:
        accepted(coded())
        studied(identified_on=FOUND, first=SERVICE_DATE + timedelta(days=1))
        assert not IdentifiedOverpayment.objects.exists()


class TestSites:
    def test_hide_encounters_of_others(self) -> None:
        accepted(coded())
        study = studied(identified_on=FOUND)
        SiteAssignment.objects.create(user=personas.ben(), location=LocationFactory.create())
        assert impact_studies.encounters_of(study=study, user=personas.ben(), at=DAY_AFTER) == []
        assert impact_studies.overpayments_due(user=personas.ben(), at=DAY_AFTER) == []
        assert StudiedEncounter.objects.filter(study=study).exists()


def test_the_rules_as_proposed_are_the_installed_ones_with_the_files_over_them() -> None:
    assert rulebook_with({}).version != rulebook_with(further_hour_from(60)).version
