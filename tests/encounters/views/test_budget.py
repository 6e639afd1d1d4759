"""How often a page asks the database, commits and what they seal of the trail included: twelve times at most.

A test that is rolled back never sees what a commit does, so these commit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from encounters.models import Review
from encounters.models.encounter import CodingState
from encounters.review import claims, decisions, saved_filters, states
from encounters.selectors import Narrowed, Tab
from tests import personas
from tests.encounters.review.work import new_documentation
from tests.encounters.views.desk import HTMX, a_clean_encounter, an_encounter_with_a_missing_stop, now, signed_in
from tests.factories.encounters import DAY_AFTER, EncounterFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("the_day_after")]

MOST = 12
ENDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
TRIAL = {
    "version": "1",
    "administration": "a1",
    "started_at": "10:00",
    "stopped_at": "12:31",
    "dose_amount": "1000",
    "dose_unit": "mg",
    "route": "IV",
    "technique": "infusion",
    "status": "given",
    "access": "A",
}


@contextmanager
def queries() -> Iterator[list[str]]:
    """What is asked meanwhile; the beginning and end of a transaction are no questions."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(ENDS)]


def page(review: Review) -> str:
    return f"/review/{review.encounter_id}/"


def of_a_page(client: Client, address: str) -> list[str]:
    with queries() as asked:
        assert client.get(address).status_code == 200
    return asked


class TestQueue:
    def test_keeps_to_its_budget(self) -> None:
        held, meant = a_clean_encounter(), an_encounter_with_a_missing_stop()
        EncounterFactory.create(coding_state=CodingState.FAILED, coding_error="RecursionError: too deep")
        for word in ("cefazolin", "96365"):
            saved_filters.save_filter(name=word, asked=Narrowed(tab=Tab.OPEN, search=word), user=personas.ana())
        client = signed_in()
        # Session; person with permissions; counts; rows; failed ones; filters kept and their counts; the list that was
        # seen, held and sealed in its stream.
        asked = of_a_page(client, "/review/")
        assert len(asked) == 10, "\n".join(asked)
        assert any("encounters_auditseal" in one for one in asked)
        # Without the failed ones, and with how many fit.
        assert len(of_a_page(client, "/review/?tab=ready")) == 9
        assert len(of_a_page(client, "/review/?q=cefazolin")) == 11
        # Whoever holds rows or is meant to have them is read once more, however many there are.
        claims.claim(review=held, user=personas.ben(), at=DAY_AFTER)
        claims.assign(review=meant, to=personas.ana(), user=personas.ben(), at=DAY_AFTER)
        assert len(of_a_page(client, "/review/?q=cefazolin")) == 12

    def test_of_claims_asks_five_times_and_once_more_for_all_kept_filters(self) -> None:
        a_clean_encounter()
        assert len(of_a_page(signed_in(), "/review/claims/")) == 5
        for word in ("cefazolin", "96365"):
            saved_filters.save_filter(name=word, asked=Narrowed(tab=Tab.OPEN, search=word), user=personas.ana())
        assert len(of_a_page(signed_in(), "/review/claims/")) == 6


def untouched(review: Review) -> None:
    """As it came."""


def pended(review: Review) -> None:
    states.pend(review=review, reason="clinic", user=personas.ana(), at=DAY_AFTER, version=review.version)


def woken(review: Review) -> None:
    pended(review)
    states.wake(review=now(review), user=personas.ana(), at=DAY_AFTER, version=now(review).version)


def asked_for_a_second_look(review: Review) -> None:
    states.send_to_second_review(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)


def returned(review: Review) -> None:
    asked_for_a_second_look(review)
    states.return_from_second_review(
        review=now(review), note="agreed", user=personas.ben(), at=DAY_AFTER, version=now(review).version
    )


def decided(review: Review) -> None:
    decisions.accept_line(review=review, line_key="96365-1", user=personas.ana(), at=DAY_AFTER, version=review.version)


def accepted(review: Review) -> None:
    states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)


def changed(review: Review) -> None:
    accepted(review)
    new_documentation(review)


class TestWorkbench:
    # Session; person with permissions; encounter with review, run and people; the row held; the lease; the claim and
    # the look recorded, held and sealed in their stream; what lies on the desk; decisions.
    @pytest.mark.parametrize("person", [personas.ana, personas.ben], ids=["coder", "lead"])
    def test_keeps_to_its_budget_whatever_happened(self, person: Callable[[], User]) -> None:
        acts = (untouched, pended, woken, asked_for_a_second_look, returned, decided, accepted, changed)
        client = signed_in(person())
        for happened in acts:
            review = a_clean_encounter()
            happened(review)
            for time in ("opened", "seen again"):
                asked = of_a_page(client, page(review))
                assert len(asked) <= MOST, f"{happened.__name__}, {time}: " + "\n".join(asked)
                assert any("encounters_auditseal" in one for one in asked)

    def test_asks_twelve_times_when_it_is_opened(self) -> None:
        review = a_clean_encounter()
        assert len(of_a_page(signed_in(), page(review))) == 12

    def test_of_what_another_holds_keeps_to_its_budget(self) -> None:
        review = a_clean_encounter()
        of_a_page(signed_in(personas.ben()), page(review))
        assert len(of_a_page(signed_in(), page(review))) <= MOST

    def test_is_handed_out_within_the_budget(self) -> None:
        a_clean_encounter()
        client = signed_in()
        with queries() as asked:
            assert client.post("/review/next/").status_code == 302
        assert len(asked) <= MOST, "\n".join(asked)


class TestWhatIf:
    def test_keeps_to_its_budget(self) -> None:
        review = a_clean_encounter()
        client = signed_in()
        of_a_page(client, page(review))
        for _ in ("the formulary is read", "it is known"):
            with queries() as asked:
                assert client.post(f"{page(review)}what-if/", TRIAL, headers=HTMX).status_code == 200
        assert len(asked) == 11, "\n".join(asked)
