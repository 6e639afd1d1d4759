"""Reads of the queue: its rows, score, tabs, counts and search."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from pytest_django import DjangoAssertNumQueries

from encounters import selectors
from encounters.models import Review
from encounters.models.review import PendReason, ReviewState
from encounters.review import claims, preparation, states
from encounters.selectors import Narrowed, Tab
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import (
    DAY_AFTER,
    SERVICE_DATE,
    DrugAdministrationFactory,
    EncounterFactory,
    PatientFactory,
)
from tests.factories.reviews import CodingRunFactory, ReviewFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 1, 16)
WHO_MAY_NOT_READ = (personas.cleo, personas.ira, personas.dov)


def queue(tab: Tab | str = Tab.OPEN, search: str = "", user: User | None = None) -> list[Review]:
    asked = Narrowed(tab=Tab(tab), search=search)
    rows = selectors.review_queue(user=user or personas.ana(), asked=asked, on=TODAY)
    return selectors.queue_page(rows=rows, begin=0, end=50, on=TODAY)


def parts(**values: object) -> tuple[int, int, int, int]:
    """Age, value, findings and filing limit of a review with these values, read on TODAY."""
    dates = {"due_date": SERVICE_DATE + timedelta(days=5), "filing_limit_date": TODAY + timedelta(days=365)}
    review = ReviewFactory.create(**dates | values)
    row = selectors.scored(Review.objects.filter(pk=review.pk), on=TODAY).get()
    found = (row.score_age, row.score_value, row.score_findings, row.score_filing)
    assert row.score == sum(found)
    return found


class TestScore:
    @pytest.mark.parametrize(
        ("days", "target", "points"),
        [(0, 5, 0), (1, 5, 5), (3, 5, 16), (5, 5, 27), (7, 5, 37), (8, 5, 40), (400, 5, 40), (1, 1, 27), (-3, 5, 0)],
    )
    def test_grows_with_age_against_the_payers_target(self, days: int, target: int, points: int) -> None:
        service = TODAY - timedelta(days=days)
        encounter = EncounterFactory.create(date_of_service=service)
        age, *_ = parts(run=CodingRunFactory.create(encounter=encounter), due_date=service + timedelta(days=target))
        assert age == points

    @pytest.mark.parametrize(
        ("value", "points"), [("0", 0), ("9", 5), ("99", 10), ("999", 15), ("9999", 20), ("250000", 20)]
    )
    def test_grows_with_the_order_of_magnitude_at_stake(self, value: str, points: int) -> None:
        assert parts(value_at_stake=Decimal(value))[1] == points

    @pytest.mark.parametrize(
        ("findings", "points"),
        [({}, 0), ({"informs": 3}, 3), ({"warns": 1}, 5), ({"blocks": 1}, 12), ({"blocks": 2, "warns": 4}, 25)],
    )
    def test_grows_with_the_weight_of_findings(self, findings: dict[str, int], points: int) -> None:
        assert parts(**findings)[2] == points

    @pytest.mark.parametrize(("days", "points"), [(365, 0), (60, 0), (30, 8), (0, 15), (-10, 15)])
    def test_grows_as_the_filing_limit_comes_near(self, days: int, points: int) -> None:
        assert parts(filing_limit_date=TODAY + timedelta(days=days))[3] == points

    def test_follows_what_changes_in_the_row(self) -> None:
        review = ReviewFactory.create(value_at_stake=Decimal(9), informs=1)
        Review.objects.filter(pk=review.pk).update(value_at_stake=Decimal(999), blocks=1)
        (row,) = queue()
        assert (row.score_value, row.score_findings) == (15, 13)

    def test_tells_age_and_target_in_days(self) -> None:
        ReviewFactory.create(due_date=SERVICE_DATE + timedelta(days=3))
        (row,) = queue()
        assert (row.age_days, row.target_days) == (1, 3)  # type: ignore[attr-defined]


class TestReviewQueue:
    def test_puts_the_best_first(self) -> None:
        poor = ReviewFactory.create()
        rich = ReviewFactory.create(value_at_stake=Decimal(5000))
        blocked = ReviewFactory.create(state=ReviewState.TO_DECIDE, blocks=2)
        assert queue() == [blocked, rich, poor]

    def test_keeps_equal_ones_in_a_steady_order(self) -> None:
        reviews = [ReviewFactory.create() for _ in range(3)]
        assert queue() == reviews

    def test_shows_what_was_accepted_last_first(self) -> None:
        reviews = [a_review() for _ in range(3)]
        for hours, review in enumerate(reviews):
            at = DAY_AFTER + timedelta(hours=hours)
            states.accept(review=review, user=personas.ana(), at=at, version=review.version)
        assert queue(Tab.ACCEPTED) == reviews[::-1]

    @pytest.mark.parametrize("person", [who for who in personas.EVERYBODY if who not in WHO_MAY_NOT_READ])
    def test_is_open_to_those_who_read_encounters(self, person: Callable[[], User]) -> None:
        assert queue(user=person()) == []

    @pytest.mark.parametrize("person", WHO_MAY_NOT_READ)
    def test_is_shut_to_everybody_else(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            queue(user=person())

    def test_of_a_page_is_two_queries_however_long(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(5):
            claims.claim(review=a_review(), user=personas.ana(), at=DAY_AFTER)
        ana = User.objects.get(pk=personas.ana().pk)
        ana.get_all_permissions()
        with django_assert_num_queries(2):
            rows = selectors.review_queue(user=ana, on=TODAY)
            for row in selectors.queue_page(rows=rows, begin=0, end=50, on=TODAY):
                shown = (row.encounter.patient, row.payer, row.claimed_by == ana)
                assert all(shown)

    def test_names_the_people_of_each_row(self) -> None:
        held, meant, free = a_review(), a_review(), a_review()
        claims.claim(review=held, user=personas.ana(), at=DAY_AFTER)
        claims.assign(review=meant, to=personas.ana(), user=personas.ben(), at=DAY_AFTER)
        people = {row.pk: (row.claimed_by, row.assigned_to) for row in queue()}
        assert people == {held.pk: (personas.ana(), None), meant.pk: (None, personas.ana()), free.pk: (None, None)}


class TestTabs:
    def one_of_each(self) -> dict[Tab, Review]:
        ana, at = personas.ana(), DAY_AFTER
        reviews: dict[Tab, Review] = {tab: a_review() for tab in Tab if tab not in {Tab.OPEN, Tab.MINE, Tab.WARNINGS}}
        reviews[Tab.WARNINGS] = ReviewFactory.create(state=ReviewState.TO_DECIDE, warns=1)
        reviews[Tab.MINE] = a_review()
        claims.claim(review=reviews[Tab.MINE], user=ana, at=at)
        eve = personas.eve()
        states.pend(review=reviews[Tab.PENDED], reason=PendReason.CLINIC, user=eve, at=at, version=1)
        states.send_to_second_review(review=reviews[Tab.SECOND_REVIEW], user=eve, at=at, version=1)
        states.accept(review=reviews[Tab.ACCEPTED], user=eve, at=at, version=1)
        states.accept(review=reviews[Tab.CHANGED], user=eve, at=at, version=1)
        changed = CodingRunFactory.create(encounter=reviews[Tab.CHANGED].encounter, number=2)
        preparation.prepare(encounter=changed.encounter, run=changed, at=at)
        return reviews

    def test_hold_what_they_say(self) -> None:
        reviews = self.one_of_each()
        found = {tab: set(queue(tab)) for tab in Tab}
        for tab in (Tab.WARNINGS, Tab.PENDED, Tab.SECOND_REVIEW, Tab.CHANGED, Tab.ACCEPTED, Tab.MINE):
            assert found[tab] == {reviews[tab]}
        assert found[Tab.READY] == {reviews[Tab.READY], reviews[Tab.MINE]}
        assert found[Tab.OPEN] == set(reviews.values()) - {reviews[Tab.ACCEPTED]}

    def test_counts_are_those_of_the_rows(self) -> None:
        self.one_of_each()
        for person in (personas.ana, personas.eve, personas.ben):
            counts = selectors.tab_counts(user=person())
            assert counts == {tab: len(queue(tab, user=person())) for tab in Tab}

    def test_counts_of_an_empty_queue_are_nothing(self) -> None:
        assert selectors.tab_counts(user=personas.ana()) == dict.fromkeys(Tab, 0)

    def test_mine_holds_what_is_assigned_to_me(self) -> None:
        review = a_review()
        claims.assign(review=review, to=personas.ana(), user=personas.ben(), at=DAY_AFTER)
        assert queue(Tab.MINE) == [review]
        assert queue(Tab.MINE, user=personas.eve()) == []

    def test_counts_are_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        self.one_of_each()
        ana = User.objects.get(pk=personas.ana().pk)
        ana.get_all_permissions()
        with django_assert_num_queries(1):
            selectors.tab_counts(user=ana)

    @pytest.mark.parametrize("person", WHO_MAY_NOT_READ)
    def test_counts_are_shut_to_those_who_may_not_read(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            selectors.tab_counts(user=person())


class TestSearch:
    @pytest.fixture
    def wanted(self) -> Review:
        a_review()
        encounter = EncounterFactory.create(patient=PatientFactory.create(mrn="MRN-778-4471"), external_id="ACC/90_1%")
        DrugAdministrationFactory.create(encounter=encounter, drug_name="Oxaliplatin")
        review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert review is not None
        return review

    @pytest.mark.parametrize(
        "words",
        ["MRN-778-4471", "4471", "mrn-778", "acc/90", "_1%", "oxali", "OXALIPLATIN", "96365 4471", "  oxali   96365 "],
    )
    def test_finds_by_any_part(self, wanted: Review, words: str) -> None:
        assert queue(search=words) == [wanted]

    @pytest.mark.parametrize("words", ["4472", "oxali 96413", "o%aliplatin", "oxali_latin", "'; DROP", "\\", "4471\0x"])
    def test_finds_nothing_by_what_is_not_there(self, wanted: Review, words: str) -> None:
        assert wanted not in queue(search=words)

    def test_finds_all_by_no_word(self, wanted: Review) -> None:
        assert len(queue(search="  ")) == 2

    def test_searches_within_the_tab(self, wanted: Review) -> None:
        assert queue(Tab.ACCEPTED, search="4471") == []
