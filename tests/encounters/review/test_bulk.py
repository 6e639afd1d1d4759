"""Accepting many in one act: what may go together, how many, and which are set aside."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django import Settings

from encounters.models import AuditEvent, FinalLine, Review
from encounters.models.review import ReviewState
from encounters.review import bulk, claims, preparation
from encounters.review.bulk import UnableToAcceptTogether
from rules.vocabulary import Severity
from tests import personas
from tests.encounters.review.work import INFUSION, a_review, new_documentation
from tests.encounters.views.desk import Person
from tests.factories.encounters import DAY_AFTER
from tests.factories.reviews import a_finding, a_line, a_result

pytestmark = pytest.mark.django_db


def several(count: int) -> list[Review]:
    return [a_review() for _ in range(count)]


def chosen(reviews: list[Review]) -> list[tuple[Review, int]]:
    return [(review, review.version) for review in reviews]


def together(reviews: list[Review], seed: str = "seed") -> bulk.AcceptedTogether:
    return bulk.accept_together(reviews=chosen(reviews), user=personas.ana(), at=DAY_AFTER, seed=seed)


def states_of(reviews: list[Review]) -> list[str]:
    return [Review.objects.get(pk=review.pk).state for review in reviews]


class TestAlike:
    def test_are_those_whose_lines_came_by_the_same_rules(self) -> None:
        first, second = several(2)
        a_review(lines=(INFUSION, a_line("96376", "96376", administrations=("a2",))))
        assert bulk.alike(review=second, user=personas.ana(), at=DAY_AFTER) == [second, first]

    @pytest.mark.parametrize("severity", list(Severity))
    def test_have_no_finding_of_any_severity(self, severity: Severity) -> None:
        review = a_review()
        noted = a_review(findings=(a_finding(severity),))
        assert bulk.alike(review=review, user=personas.ana(), at=DAY_AFTER) == [review]
        assert bulk.alike(review=noted, user=personas.ana(), at=DAY_AFTER) == []

    def test_have_no_administration_without_a_line(self) -> None:
        result = a_result(a_review().encounter, [INFUSION])
        assert preparation.rule_path(result, ["a1"])
        assert not preparation.rule_path(result, ["a1", "a2"])

    def test_are_in_nobody_elses_hands(self) -> None:
        review, held, assigned = several(3)
        claims.claim(review=held, user=personas.eve(), at=DAY_AFTER)
        claims.assign(review=assigned, to=personas.eve(), user=personas.ben(), at=DAY_AFTER)
        assert bulk.alike(review=review, user=personas.ana(), at=DAY_AFTER) == [review]
        later = DAY_AFTER + timedelta(minutes=2)
        assert bulk.alike(review=review, user=personas.ana(), at=later) == [review, held]

    def test_are_no_more_than_the_policy_allows(self, settings: Settings) -> None:
        settings.BULK_ACCEPT_MOST = 2
        assert len(bulk.alike(review=several(3)[0], user=personas.ana(), at=DAY_AFTER)) == 2

    def test_are_none_where_the_path_is_unknown(self) -> None:
        review = a_review()
        Review.objects.filter(pk=review.pk).update(rule_path="")
        assert bulk.alike(review=Review.objects.get(pk=review.pk), user=personas.ana(), at=DAY_AFTER) == []

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_are_shown_to_coders_only(self, person: Person) -> None:
        with pytest.raises(PermissionDenied):
            bulk.alike(review=a_review(), user=person(), at=DAY_AFTER)


class TestAcceptTogether:
    def test_accepts_them_but_for_the_share_set_aside(self) -> None:
        reviews = several(11)
        done = together(reviews)
        assert (len(done.accepted), len(done.second_look), done.refused) == (9, 2, ())
        assert sorted(states_of(reviews)) == [ReviewState.ACCEPTED] * 9 + [ReviewState.SECOND_REVIEW] * 2
        assert FinalLine.objects.count() == 9 * 2
        aside = done.second_look[0]
        assert aside.second_review_from == personas.ana()
        assert "11 that were accepted together" in aside.second_review_note

    def test_leaves_a_trail_with_the_seed_and_the_policy(self) -> None:
        reviews = several(3)
        done = together(reviews, seed="abc")
        event = AuditEvent.objects.get(tag="review:bulk:accepted")
        assert event.actor == personas.ana()
        assert event.after == {
            "seed": "abc",
            "accepted": [review.encounter_id for review in done.accepted],
            "second_look": [review.encounter_id for review in done.second_look],
            "refused": [],
            "most": 50,
            "sampled_percent": 10,
        }
        accepted = AuditEvent.objects.filter(tag="review:encounter:accepted")
        assert {event.reason for event in accepted} == {"accepted together with 2 alike"}

    def test_draws_the_same_for_the_same_seed(self) -> None:
        assert bulk.sampled_of(10) == 1
        assert bulk.sampled_of(11) == 2
        reviews = several(6)
        drawn = together(reviews, seed="one").second_look
        Review.objects.update(state=ReviewState.READY)
        again = [Review.objects.get(pk=review.pk) for review in reviews]
        assert [held.pk for held in together(again, seed="one").second_look] == [held.pk for held in drawn]

    def test_refuses_more_than_the_policy_allows(self, settings: Settings) -> None:
        settings.BULK_ACCEPT_MOST = 2
        reviews = several(3)
        with pytest.raises(UnableToAcceptTogether, match="At most 2"):
            together(reviews)
        assert set(states_of(reviews)) == {ReviewState.READY}

    def test_refuses_what_came_about_otherwise(self) -> None:
        reviews = [a_review(), a_review(lines=(INFUSION, a_line("96376", "96376", administrations=("a2",))))]
        with pytest.raises(UnableToAcceptTogether, match="same rules"):
            together(reviews)
        assert set(states_of(reviews)) == {ReviewState.READY}

    def test_refuses_a_single_one(self) -> None:
        with pytest.raises(UnableToAcceptTogether, match="at least two"):
            together(several(1))

    def test_leaves_alone_what_changed_is_held_or_has_news(self) -> None:
        fine, also_fine, changed, held, news = several(5)
        claims.claim(review=held, user=personas.eve(), at=DAY_AFTER)
        new_documentation(news)
        done = bulk.accept_together(
            reviews=[*chosen([fine, also_fine, held, news]), (changed, changed.version + 1)],
            user=personas.ana(),
            at=DAY_AFTER,
            seed="seed",
        )
        assert [review for review, _ in done.refused] == [changed, held, news]
        assert [said.split(":")[0] for _, said in done.refused] == [
            "Not saved, because this changed in the meantime",
            "Not saved",
            "Not saved",
        ]
        assert len(done.accepted) + len(done.second_look) == 2
        assert states_of([changed, held, news]) == [ReviewState.READY] * 3

    def test_leaves_alone_what_has_a_finding_by_now(self) -> None:
        fine, also_fine, noted = several(3)
        Review.objects.filter(pk=noted.pk).update(informs=1)
        assert [review for review, _ in together([fine, also_fine, noted]).refused] == [noted]

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_for_coders(self, person: Person) -> None:
        with pytest.raises(PermissionDenied):
            bulk.accept_together(reviews=chosen(several(2)), user=person(), at=DAY_AFTER, seed="seed")
