"""Required sight: what earns no line is looked at, by the one who accepts, as it stands."""

import pytest
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, Review, Sight
from encounters.models.review import ReviewState
from encounters.review import claims, sights, states
from encounters.review.hold import ReviewIsHeld
from encounters.review.sights import UnableToSee
from encounters.review.states import NotAllSeen
from tests import personas
from tests.encounters.views.desk import a_clean_encounter, an_encounter_with_something_unbilled
from tests.factories.encounters import DAY_AFTER, MORNING

pytestmark = pytest.mark.django_db

FLUSH = "a2"


@pytest.fixture
def review() -> Review:
    return claims.claim(review=an_encounter_with_something_unbilled(), user=personas.ana(), at=DAY_AFTER)


def see(review: Review, *administrations: str, run: int = 1) -> list[str]:
    return sights.see(review=review, run_number=run, administrations=administrations, user=personas.ana(), at=DAY_AFTER)


class TestUnseen:
    def test_names_what_earns_no_line(self, review: Review) -> None:
        assert sights.unseen(review=review, user=personas.ana()) == [FLUSH]

    def test_is_nothing_where_every_administration_earns_one(self) -> None:
        assert sights.unseen(review=a_clean_encounter(), user=personas.ana()) == []

    def test_counts_only_what_was_read_as_it_stands_now(self, review: Review) -> None:
        Sight.objects.create(
            review=review,
            run=review.run,
            administration=FLUSH,
            said="another reason",
            seen_by=personas.ana(),
            seen_by_name="Ana",
            at=MORNING,
        )
        assert sights.unseen(review=review, user=personas.ana()) == [FLUSH]


class TestSee:
    def test_is_kept_with_who_when_and_what_stood_there(self, review: Review) -> None:
        assert see(review, FLUSH) == []
        kept = Sight.objects.get()
        assert (kept.administration, kept.seen_by, kept.at, kept.run_id) == (
            FLUSH,
            personas.ana(),
            DAY_AFTER,
            review.run_id,
        )
        assert kept.said
        assert AuditEvent.objects.filter(tag="review:administration:seen", actor=personas.ana()).count() == 1

    def test_leaves_the_version_so_that_nothing_typed_is_lost(self, review: Review) -> None:
        before = Review.objects.get(pk=review.pk).version
        see(review, FLUSH)
        assert Review.objects.get(pk=review.pk).version == before

    def test_is_written_once(self, review: Review) -> None:
        see(review, FLUSH)
        see(review, FLUSH, FLUSH)
        assert Sight.objects.count() == 1

    def test_of_one_person_is_not_that_of_another(self, review: Review) -> None:
        see(review, FLUSH)
        assert sights.unseen(review=review, user=personas.eve()) == [FLUSH]

    def test_refuses_another_run(self, review: Review) -> None:
        with pytest.raises(UnableToSee, match="New documentation"):
            see(review, FLUSH, run=2)

    def test_refuses_what_has_a_line(self, review: Review) -> None:
        with pytest.raises(UnableToSee, match="a1"):
            see(review, "a1")

    def test_is_for_the_holder(self, review: Review) -> None:
        with pytest.raises(ReviewIsHeld):
            sights.see(review=review, run_number=1, administrations=[FLUSH], user=personas.eve(), at=DAY_AFTER)

    def test_needs_the_permission(self, review: Review) -> None:
        with pytest.raises(PermissionDenied):
            sights.see(review=review, run_number=1, administrations=[FLUSH], user=personas.finn(), at=DAY_AFTER)


class TestAccept:
    def test_is_refused_until_all_is_seen(self, review: Review) -> None:
        version = Review.objects.get(pk=review.pk).version
        with pytest.raises(NotAllSeen, match="has not been looked at yet") as refused:
            states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=version)
        assert refused.value.administrations == (FLUSH,)
        see(review, FLUSH)
        accepted = states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=version)
        assert accepted.state == ReviewState.ACCEPTED
