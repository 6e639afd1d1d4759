"""Leases: handed out once, kept alive, and free again when they run out."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection

from encounters.models import AuditEvent, Review
from encounters.models.review import PendReason, ReviewState
from encounters.review import claims, states
from encounters.review.claims import UnableToAssign, UnableToKeepClaim
from encounters.review.hold import LEASE, ReviewIsClosed, ReviewIsHeld
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import DAY_AFTER, EncounterFactory
from tests.factories.reviews import CodingRunFactory, ReviewFactory
from tests.factories.users import UserFactory


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


@pytest.mark.django_db
class TestClaim:
    def test_holds_for_a_lease(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        after = now(review)
        assert (after.claimed_by, after.claimed_at) == (personas.ana(), DAY_AFTER)
        assert after.lease_until == DAY_AFTER + LEASE
        assert after.version == review.version

    def test_of_anothers_is_refused_until_the_lease_runs_out(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        with pytest.raises(ReviewIsHeld, match="Ana holds"):
            claims.claim(review=review, user=personas.eve(), at=DAY_AFTER + LEASE - timedelta(seconds=1))
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER + LEASE)
        assert now(review).claimed_by == personas.eve()

    def test_again_by_the_same_person_is_recorded_once(self) -> None:
        review = a_review()
        for minutes in range(3):
            claims.claim(review=review, user=personas.ana(), at=DAY_AFTER + timedelta(minutes=minutes))
        assert AuditEvent.objects.filter(tag="review:encounter:claimed").count() == 1
        assert now(review).lease_until == DAY_AFTER + timedelta(minutes=2) + LEASE

    def test_of_what_is_accepted_is_refused(self) -> None:
        review = a_review()
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        with pytest.raises(ReviewIsClosed):
            claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_shut_to_those_who_do_not_code(self, person: Callable[[], User]) -> None:
        review = a_review()
        with pytest.raises(PermissionDenied):
            claims.claim(review=review, user=person(), at=DAY_AFTER)


@pytest.mark.django_db
class TestHeartbeat:
    def test_makes_the_lease_longer_without_a_new_version(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        later = DAY_AFTER + timedelta(minutes=1)
        assert claims.heartbeat(review=review, user=personas.ana(), at=later) == later + LEASE
        assert (now(review).lease_until, now(review).version) == (later + LEASE, review.version)

    def test_tells_the_one_who_lost_it(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER + LEASE)
        with pytest.raises(UnableToKeepClaim, match="claim it again"):
            claims.heartbeat(review=review, user=personas.ana(), at=DAY_AFTER + LEASE)

    def test_tells_the_one_whose_lease_was_swept(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        claims.release_expired(at=DAY_AFTER + LEASE)
        with pytest.raises(UnableToKeepClaim):
            claims.heartbeat(review=review, user=personas.ana(), at=DAY_AFTER + LEASE)


@pytest.mark.django_db
class TestRelease:
    def test_frees_ones_own(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        claims.release(review=review, user=personas.ana(), at=DAY_AFTER)
        assert (now(review).claimed_by, now(review).lease_until) == (None, None)
        assert AuditEvent.objects.get(tag="review:encounter:released").before == {"claimed_by": "Ana"}

    def test_frees_anothers_only_for_a_lead(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        with pytest.raises(ReviewIsHeld):
            claims.release(review=review, user=personas.eve(), at=DAY_AFTER)
        claims.release(review=review, user=personas.ben(), at=DAY_AFTER)
        assert now(review).claimed_by is None

    def test_of_what_nobody_holds_is_no_event(self) -> None:
        claims.release(review=a_review(), user=personas.ana(), at=DAY_AFTER)
        assert not AuditEvent.objects.filter(tag="review:encounter:released").exists()


@pytest.mark.django_db
class TestReleaseExpired:
    def test_frees_what_has_run_out_and_nothing_else(self) -> None:
        stale, fresh = a_review(), a_review()
        claims.claim(review=stale, user=personas.ana(), at=DAY_AFTER)
        claims.claim(review=fresh, user=personas.eve(), at=DAY_AFTER + timedelta(minutes=1))
        assert claims.release_expired(at=DAY_AFTER + LEASE) == 1
        assert (now(stale).claimed_by, now(fresh).claimed_by) == (None, personas.eve())
        assert AuditEvent.objects.get(tag="review:encounter:released").reason == "the lease ran out"
        assert claims.release_expired(at=DAY_AFTER + LEASE) == 0


@pytest.mark.django_db
class TestAssign:
    def test_is_for_leads(self) -> None:
        review = a_review()
        claims.assign(review=review, to=personas.eve(), user=personas.ben(), at=DAY_AFTER)
        assert now(review).assigned_to == personas.eve()
        claims.assign(review=review, to=None, user=personas.ben(), at=DAY_AFTER)
        assert now(review).assigned_to is None

    def test_is_shut_to_coders(self) -> None:
        with pytest.raises(PermissionDenied):
            claims.assign(review=a_review(), to=personas.eve(), user=personas.ana(), at=DAY_AFTER)

    def test_needs_somebody_who_codes(self) -> None:
        with pytest.raises(UnableToAssign, match="Finn may not"):
            claims.assign(review=a_review(), to=personas.finn(), user=personas.ben(), at=DAY_AFTER)


@pytest.mark.django_db
class TestClaimNext:
    def test_hands_out_the_best_first(self) -> None:
        poor = ReviewFactory.create()
        rich = ReviewFactory.create(value_at_stake=Decimal(9000))
        blocked = ReviewFactory.create(state=ReviewState.TO_DECIDE, blocks=2)
        handed = [claims.claim_next(user=UserFactory.create(groups=["coder"]), at=DAY_AFTER) for _ in range(4)]
        assert handed == [blocked, rich, poor, None]

    def test_goes_on_with_ones_own(self) -> None:
        review = a_review()
        assert claims.claim_next(user=personas.ana(), at=DAY_AFTER) == review
        assert claims.claim_next(user=personas.ana(), at=DAY_AFTER) == review

    def test_takes_over_an_expired_lease(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        assert claims.claim_next(user=personas.eve(), at=DAY_AFTER) is None
        assert claims.claim_next(user=personas.eve(), at=DAY_AFTER + LEASE) == review

    def test_passes_over_what_is_meant_for_another(self) -> None:
        review = a_review()
        claims.assign(review=review, to=personas.eve(), user=personas.ben(), at=DAY_AFTER)
        assert claims.claim_next(user=personas.ana(), at=DAY_AFTER) is None
        assert claims.claim_next(user=personas.eve(), at=DAY_AFTER) == review

    def test_passes_over_what_is_accepted_or_pended(self) -> None:
        accepted, pended = a_review(), a_review()
        states.accept(review=accepted, user=personas.ana(), at=DAY_AFTER, version=accepted.version)
        states.pend(review=pended, reason=PendReason.CLINIC, user=personas.ana(), at=DAY_AFTER, version=pended.version)
        assert claims.claim_next(user=personas.ana(), at=DAY_AFTER) is None

    def test_hands_second_reviews_to_another_lead_only(self) -> None:
        review = a_review()
        states.send_to_second_review(review=review, user=personas.ben(), at=DAY_AFTER, version=review.version)
        other_lead = UserFactory.create(groups=["lead"])
        assert claims.claim_next(user=personas.ana(), at=DAY_AFTER) is None
        assert claims.claim_next(user=personas.ben(), at=DAY_AFTER) is None
        assert claims.claim_next(user=other_lead, at=DAY_AFTER) == review

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_shut_to_those_who_do_not_code(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            claims.claim_next(user=person(), at=DAY_AFTER)


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    """Real transactions, one connection a thread."""

    def test_no_review_is_claimed_by_two(self) -> None:
        reviews = [
            ReviewFactory.create(run=CodingRunFactory.create(encounter=EncounterFactory.create())) for _ in range(24)
        ]
        coders = [UserFactory.create(groups=["coder"]) for _ in range(8)]
        start = threading.Barrier(len(coders))
        claimed: list[tuple[int, int]] = []

        def work(coder: User) -> None:
            start.wait()
            while review := claims.claim_next(user=coder, at=DAY_AFTER):
                claimed.append((review.pk, coder.pk))
                states.accept(review=review, user=coder, at=DAY_AFTER, version=review.version)
            connection.close()

        with ThreadPoolExecutor(len(coders)) as pool:
            list(pool.map(work, coders))
        assert sorted(pk for pk, _ in claimed) == sorted(review.pk for review in reviews)
        assert not Review.objects.exclude(state=ReviewState.ACCEPTED).exists()

    def test_by_fifty_at_once_gives_each_encounter_once_and_everybody_some(self) -> None:
        """`tests.bench.pages` does the same with 2,000."""
        people, encounters = 50, 200
        reviews = [ReviewFactory.create() for _ in range(encounters)]
        coders = [UserFactory.create(groups=["coder"]) for _ in range(people)]
        done_with = UserFactory.create(groups=["coder"])
        start = threading.Barrier(people)
        claimed: list[tuple[int, int]] = []

        def work(coder: User) -> None:
            # Who is still dialling when the others begin is not starved.
            connection.ensure_connection()
            start.wait()
            while review := claims.claim_next(user=coder, at=DAY_AFTER):
                claimed.append((review.pk, coder.pk))
                Review.objects.filter(pk=review.pk).update(
                    assigned_to=done_with, claimed_by=None, claimed_at=None, lease_until=None
                )
            connection.close()

        with ThreadPoolExecutor(people) as pool:
            list(pool.map(work, coders))
        assert sorted(pk for pk, _ in claimed) == sorted(review.pk for review in reviews)
        assert {coder for _, coder in claimed} == {coder.pk for coder in coders}

    def test_of_two_who_claim_the_same_one_loses(self) -> None:
        review = ReviewFactory.create()
        coders = [UserFactory.create(groups=["coder"]) for _ in range(6)]
        start = threading.Barrier(len(coders))

        def work(coder: User) -> bool:
            start.wait()
            try:
                claims.claim(review=review, user=coder, at=DAY_AFTER)
            except ReviewIsHeld:
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(len(coders)) as pool:
            outcomes = list(pool.map(work, coders))
        assert outcomes.count(True) == 1
        winner = coders[outcomes.index(True)]
        assert now(review).claimed_by == winner
