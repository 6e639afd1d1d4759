"""Automation bias: seeded suggestions are never final, are told after the decision, and tell coders apart."""

from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from encounters import coding, replay
from encounters.api import queries
from encounters.audit import Tag
from encounters.models import AuditEvent, CodedLine, FinalLine, Review, SeededRun, SeedOutcome
from encounters.models.review import ReviewState
from encounters.review import claims, decisions, states
from encounters.sampling import automation, frames
from encounters.sampling.automation import LEVELS, POWER, SEEDS_FOR_POWER
from encounters.sampling.frames import Frame
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.audits import SeededRunFactory, SeedingPolicyFactory
from tests.factories.encounters import DAY_AFTER, SERVICE_DATE
from tests.factories.reviews import CodedLineFactory, FinalLineFactory

pytestmark = pytest.mark.django_db


def a_seeded_review() -> Review:
    """Ana has claimed a clean encounter, and its dice fell on a test."""
    for number in range(200):
        review = a_review()
        if number == 0:
            SeedingPolicyFactory.create()
        held = claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        if held.run_id != review.run_id:
            return held
    message = "200 encounters, and none seeded at 20 %"
    raise AssertionError(message)


class TestSeeding:
    def test_is_off_unless_set(self) -> None:
        for _ in range(20):
            review = a_review()
            assert claims.claim(review=review, user=personas.ana(), at=DAY_AFTER).run_id == review.run_id
        assert not SeededRun.objects.exists()

    def test_follows_its_rate(self) -> None:
        SeedingPolicyFactory.create()
        seeded = 0
        for _ in range(150):
            review = a_review()
            seeded += claims.claim(review=review, user=personas.ana(), at=DAY_AFTER).run_id != review.run_id
        assert 12 <= seeded <= 50

    def test_shows_one_unit_too_many_and_nothing_else(self) -> None:
        held = a_seeded_review()
        seeded = SeededRun.objects.get()
        shown, true = coding.result_of(held.run).lines, coding.result_of(seeded.true_run).lines
        wrong = [(one.key, one.units - other.units) for one, other in zip(shown, true, strict=True) if one != other]
        assert wrong == [(seeded.line_key, 1)]
        assert not AuditEvent.objects.filter(tag=Tag.SUGGESTION_SEEDED, encounter__isnull=False).exists()

    def test_accepted_is_no_acceptance_and_the_true_run_comes_back(self) -> None:
        held = a_seeded_review()
        seeded = SeededRun.objects.get()
        after = states.accept(review=held, user=personas.ana(), at=DAY_AFTER, version=held.version)
        assert (after.state, after.run_id) == (ReviewState.READY, seeded.true_run_id)
        assert not FinalLine.objects.filter(review=held).exists()
        assert SeedOutcome.objects.get().is_accepted
        final = states.accept(review=after, user=personas.ana(), at=DAY_AFTER, version=after.version)
        assert final.state == ReviewState.ACCEPTED
        lines = dict(FinalLine.objects.filter(review=held).values_list("line_key", "units"))
        assert lines[seeded.line_key] == seeded.right_units

    def test_is_noticed_where_the_line_was_mended(self) -> None:
        held = a_seeded_review()
        seeded = SeededRun.objects.get()
        decisions.override_line(
            review=held,
            line_key=seeded.line_key,
            code=seeded.code,
            units=seeded.right_units,
            modifiers=(),
            reason_code="suggestion",
            reason="",
            user=personas.ana(),
            at=DAY_AFTER,
            version=held.version,
        )
        now = Review.objects.get(pk=held.pk)
        states.accept(review=now, user=personas.ana(), at=DAY_AFTER, version=now.version)
        assert not SeedOutcome.objects.get().is_accepted

    def test_is_noticed_where_the_line_was_rejected(self) -> None:
        held = a_seeded_review()
        decisions.reject_line(
            review=held,
            line_key=SeededRun.objects.get().line_key,
            reason_code="suggestion",
            reason="",
            user=personas.ana(),
            at=DAY_AFTER,
            version=held.version,
        )
        now = Review.objects.get(pk=held.pk)
        states.accept(review=now, user=personas.ana(), at=DAY_AFTER, version=now.version)
        assert not SeedOutcome.objects.get().is_accepted
        (found,) = automation.measured(user=personas.ben())
        assert (found.accepted, found.decided, found.level) == (0, 1, None)

    def test_is_told_to_the_coder_after_the_decision(self, client: Client) -> None:
        held = a_seeded_review()
        client.force_login(personas.ana())
        assert "on purpose" not in client.get(f"/review/{held.encounter_id}/").content.decode()
        Review.objects.filter(pk=held.pk).update(claimed_by=None, lease_until=None)
        answer = client.post(f"/review/{held.encounter_id}/accept/", {"version": held.version}, follow=True)
        assert "was wrong on purpose" in answer.content.decode()


class TestNeverLeaves:
    def test_the_database_refuses_final_lines_coded_lines_and_acceptance(self) -> None:
        seeded = SeededRunFactory.create()
        for act in (
            lambda: FinalLineFactory.create(review=seeded.review, run=seeded.run),
            lambda: CodedLineFactory.create(run=seeded.run),
            lambda: Review.objects.filter(pk=seeded.review_id).update(accepted_run=seeded.run),
        ):
            with pytest.raises(IntegrityError, match="wrong on purpose"), transaction.atomic():
                act()

    def test_no_list_interface_frame_or_replay_knows_it(self) -> None:
        held = a_seeded_review()
        seeded = SeededRun.objects.get()
        assert not queries.runs().filter(pk=seeded.pk).exists()
        assert not CodedLine.objects.filter(run=seeded.pk).exists()
        assert seeded.pk not in replay.sample(number=1000, seed=1)
        assert held.encounter_id not in {
            unit.encounter for unit in frames.listed(frame=Frame(), user=personas.finn()).units
        }
        assert coding.run(encounter=held.encounter, at=DAY_AFTER).pk != seeded.pk


class TestPolicy:
    def test_is_set_by_leads_and_auditors(self) -> None:
        asked = {"rate": Decimal("0.02"), "from_date": SERVICE_DATE, "until_date": SERVICE_DATE.replace(month=2)}
        for who in (personas.ben(), personas.finn()):
            automation.set_policy(**asked, seed="s", reason="yearly", user=who, at=DAY_AFTER)
        assert AuditEvent.objects.filter(tag=Tag.SEEDING_SET).count() == 2
        with pytest.raises(PermissionDenied):
            automation.set_policy(**asked, seed="s", reason="yearly", user=personas.ana(), at=DAY_AFTER)
        with pytest.raises(automation.UnableToSeed):
            automation.set_policy(
                **asked | {"rate": Decimal("0.5")}, seed="s", reason="y", user=personas.ben(), at=DAY_AFTER
            )


class TestTellingApart:
    def test_has_the_stated_power_exactly(self) -> None:
        assert min(automation.separation(SEEDS_FOR_POWER)) >= POWER

    @pytest.mark.parametrize("level", LEVELS)
    def test_reads_simulated_reviewers_as_what_they_are(self, level: float) -> None:
        """400 reviewers of each kind, each with as many seeds as the power is stated for."""
        dice = Random(f"reviewers at {level}")  # noqa: S311 (simulated, not secret)
        read = [
            automation.of_counts("R", sum(dice.random() < level for _ in range(SEEDS_FOR_POWER)), SEEDS_FOR_POWER)
            for _ in range(400)
        ]
        assert sum(each.level == level for each in read) >= (POWER - 0.02) * len(read)
        assert sum(each.low <= level <= each.high for each in read) >= 0.94 * len(read)
