"""What if at the workbench: nothing is stored until it is charted as an addendum, with author and reason."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from encounters.models import Addendum, AuditEvent, CodingRun, Review
from encounters.review import decisions
from tests import personas
from tests.encounters.review.work import new_documentation
from tests.encounters.views.desk import (
    HTMX,
    Person,
    a_clean_encounter,
    address,
    an_encounter_with_a_missing_stop,
    cefazolin,
    now,
    opened,
    signed_in,
)
from tests.factories.drugs import BillingCodeFactory, DrugBillingCodeFactory, NdcBillingCodeFactory
from tests.factories.encounters import DAY_AFTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]

# Those of test_budget, and the formulary read anew, as happens once a release.
QUERIES_OF_A_TRIAL = 30


def charted(review: Review, **changes: str) -> dict[str, str]:
    """The form as it is sent, with what was typed into it."""
    return {
        "version": str(now(review).version),
        "administration": "a1",
        "started_at": "10:00",
        "stopped_at": "12:05",
        "dose_amount": "1000",
        "dose_unit": "mg",
        "discarded_amount": "",
        "family": "",
        "route": "IV",
        "technique": "infusion",
        "status": "given",
        "access": "A",
        "access_reason": "",
        **changes,
    }


class TestWhatIf:
    def test_opens_with_what_is_charted(self, review: Review) -> None:
        form = opened(review).get(address(review, "what-if"), {"administration": "a1"}, headers=HTMX).text
        assert 'value="10:00"' in form
        assert 'value="12:05"' in form
        assert "not saved" in form

    def test_opens_in_the_page_by_a_plain_link(self, review: Review) -> None:
        page = opened(review).get(address(review, "what-if"), {"administration": "a1"}).text
        assert "<html" in page
        assert 'id="what-if"' in page

    def test_says_what_the_lines_become_and_stores_nothing(self, review: Review) -> None:
        client = opened(review)
        answer = client.post(address(review, "what-if"), charted(review, stopped_at="12:31"), headers=HTMX).text
        assert "<del>96366 ×1</del> becomes <ins>96366 ×2</ins>" in answer
        assert 'id="lines" hx-swap-oob="true"' in answer
        assert 'class="time trial"' in answer
        assert not Addendum.objects.exists()
        assert CodingRun.objects.count() == 1

    @pytest.mark.parametrize(("typed", "read"), [("1231", "12:31"), ("00:40", "00:40 +1")])
    def test_says_the_time_as_it_was_read(self, review: Review, typed: str, read: str) -> None:
        answer = opened(review).post(address(review, "what-if"), charted(review, stopped_at=typed), headers=HTMX)
        assert f"<del>12:05</del> → <ins>{read}</ins>" in answer.text

    def test_says_when_no_line_changes(self, review: Review) -> None:
        answer = opened(review).post(address(review, "what-if"), charted(review, stopped_at="12:06"), headers=HTMX)
        assert "no line changes" in answer.text

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"dose_amount": "1500"}, "<del>J0690 ×2</del> becomes <ins>J0690 ×3</ins>"),
            ({"family": "antineoplastic"}, "<ins>96413 ×1</ins>"),
            ({"status": "not_given"}, "without <del>96365 ×1</del>"),
            ({"stopped_at": "11:05"}, "without <del>96366 ×1</del>"),
        ],
        ids=["dose", "family", "status", "time"],
    )
    def test_speaks_of_every_kind_of_fact(self, review: Review, change: dict[str, str], expected: str) -> None:
        assert expected in opened(review).post(address(review, "what-if"), charted(review, **change), headers=HTMX).text

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"stopped_at": "soon"}, "Write a time such as 09:02"),
            ({"stopped_at": "25:00"}, "is not a time of a clock"),
            ({"dose_amount": "-1"}, "greater than or equal to 0"),
            ({"stopped_at": "2026-01-15 09:00"}, "before the start"),
        ],
        ids=["no time", "no hour", "negative", "before the start"],
    )
    def test_says_what_cannot_be_read(self, review: Review, change: dict[str, str], problem: str) -> None:
        answer = opened(review).post(address(review, "what-if"), charted(review, **change), headers=HTMX)
        assert problem in answer.text
        assert 'id="lines"' not in answer.text

    def test_of_no_administration_is_not_found(self, review: Review) -> None:
        assert opened(review).get(address(review, "what-if"), {"administration": "b"}).status_code == 404

    def test_is_for_whoever_may_read(self, review: Review) -> None:
        assert signed_in(personas.dov()).post(address(review, "what-if"), charted(review)).status_code == 403

    def test_takes_so_many_queries_at_most(
        self, review: Review, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = opened(review)
        data = charted(review, stopped_at="12:31")
        with django_assert_max_num_queries(QUERIES_OF_A_TRIAL):
            client.post(address(review, "what-if"), data, headers=HTMX)

    def test_begins_with_what_the_finding_asks_for_and_takes_it(self) -> None:
        drug = cefazolin()
        BillingCodeFactory.create(hcpcs__code="J0691")
        DrugBillingCodeFactory.create(drug=drug, hcpcs__code="J0691")
        NdcBillingCodeFactory.create(ndc="00143992490", hcpcs__code="J0691")
        review = a_clean_encounter()
        client = opened(review)
        page = client.get(address(review)).text
        assert "administration=a1&amp;field=ndc" in page
        form = client.get(address(review, "what-if"), {"administration": "a1", "field": "ndc"}, headers=HTMX).text
        assert re.search(r'name="ndc"[^>]* data-first', form)
        data = charted(review, ndc="0143-9924-90", addendum_reason="label")
        tried = client.post(address(review, "what-if"), data, headers=HTMX).text
        assert "J0691" in tried
        client.post(address(review, "addenda"), data, headers=HTMX)
        assert Addendum.objects.get().changes == {"ndc": "0143-9924-90"}
        assert "J0691" in now(review).codes


class TestAddendum:
    def test_is_charted_with_its_reason_and_coded_again(self) -> None:
        review = an_encounter_with_a_missing_stop()
        client = opened(review)
        data = charted(review, administration="a2", stopped_at="10:22", addendum_reason="the pump's record")
        answer = client.post(address(review, "addenda"), data, headers=HTMX)
        assert answer.headers["HX-Redirect"] == address(review)
        kept = Addendum.objects.get()
        assert kept.changes == {"stopped_at": "2026-01-15T15:22:00+00:00"}
        assert (kept.before, kept.author, kept.reason) == ({"stopped_at": None}, personas.ana(), "the pump's record")
        assert kept.administration.stopped_at is None
        assert now(review).run.number == 2
        assert not now(review).run.findings.filter(kind="missing_stop_time").exists()
        page = client.get(address(review)).text
        assert "the pump&#x27;s record" in page
        assert "addendum by Ana: stop not charted → 15 Jan 10:22" in page

    def test_as_a_plain_form_goes_back_to_the_page(self, review: Review) -> None:
        client = opened(review)
        data = charted(review, stopped_at="12:31", addendum_reason="the pump's record")
        assert client.post(address(review, "addenda"), data).headers["Location"] == address(review)
        assert Addendum.objects.count() == 1

    def test_needs_its_reason_and_keeps_what_was_typed(self, review: Review) -> None:
        answer = opened(review).post(address(review, "addenda"), charted(review, stopped_at="12:31"), headers=HTMX)
        assert answer.status_code == 422
        assert "Say where it comes from" in answer.text
        assert 'value="12:31"' in answer.text
        assert not Addendum.objects.exists()

    def test_that_changes_nothing_is_refused(self, review: Review) -> None:
        data = charted(review, addendum_reason="the pump's record")
        answer = opened(review).post(address(review, "addenda"), data, headers=HTMX)
        assert answer.status_code == 409
        assert "says what the chart says already" in answer.text

    def test_over_a_newer_version_is_refused_with_what_happened_and_what_was_typed(self, review: Review) -> None:
        client = opened(review)
        data = charted(review, stopped_at="12:31", addendum_reason="the pump's record")
        version = now(review).version
        decisions.accept_line(review=review, line_key="96365-1", user=personas.ana(), at=DAY_AFTER, version=version)
        answer = client.post(address(review, "addenda"), data, headers=HTMX)
        assert answer.status_code == 409
        assert "96365 ×1 accepted by Ana" in answer.text
        assert 'value="12:31"' in answer.text
        assert "the pump&#x27;s record" in answer.text
        assert f'name="version" value="{now(review).version}"' in answer.text
        assert not Addendum.objects.exists()

    def test_over_documentation_that_has_arrived_is_refused(self, review: Review) -> None:
        client = opened(review)
        data = charted(review, stopped_at="12:31", addendum_reason="the pump's record")
        new_documentation(review)
        assert "new documentation has arrived" in client.post(address(review, "addenda"), data, headers=HTMX).text
        assert not Addendum.objects.exists()

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_refused_to_whoever_does_not_code(self, review: Review, person: Person) -> None:
        data = charted(review, stopped_at="12:31", addendum_reason="because")
        assert signed_in(person()).post(address(review, "addenda"), data).status_code == 403


class TestWithdrawAddendum:
    def addendum(self, review: Review, client: Client) -> Addendum:
        client.post(address(review, "addenda"), charted(review, stopped_at="12:31", addendum_reason="the pump"))
        return Addendum.objects.get(withdraws__isnull=True)

    def test_is_another_addendum_that_states_what_was_before(self, review: Review) -> None:
        client = opened(review)
        first = self.addendum(review, client)
        data = {"version": now(review).version, "reason": "the pump of another patient"}
        client.post(address(review, "addenda", str(first.pk), "withdraw"), data)
        second = Addendum.objects.get(withdraws=first)
        assert second.changes == {"stopped_at": "2026-01-15T17:05:00+00:00"}
        assert now(review).run.number == 3
        assert now(review).code_units == [1, 1, 2]
        assert AuditEvent.objects.filter(tag="chart:addendum:withdrawn").count() == 1
        assert "withdrawn" in client.get(address(review)).text

    def test_is_done_once(self, review: Review) -> None:
        client = opened(review)
        first = self.addendum(review, client)
        for _ in range(2):
            data = {"version": now(review).version, "reason": "the pump of another patient"}
            answer = client.post(address(review, "addenda", str(first.pk), "withdraw"), data, headers=HTMX)
        assert answer.status_code == 409
        assert "withdrawn already" in answer.text

    def test_leaves_what_was_stated_later(self, review: Review) -> None:
        client = opened(review)
        first = self.addendum(review, client)
        client.post(
            address(review, "addenda"), charted(review, stopped_at="12:40", addendum_reason="the pump once more")
        )
        data = {"version": now(review).version, "reason": "mistaken"}
        answer = client.post(address(review, "addenda", str(first.pk), "withdraw"), data, headers=HTMX)
        assert "Nothing of this addendum holds any more" in answer.text

    def test_needs_its_reason(self, review: Review) -> None:
        client = opened(review)
        first = self.addendum(review, client)
        data = {"version": now(review).version, "reason": ""}
        answer = client.post(address(review, "addenda", str(first.pk), "withdraw"), data, headers=HTMX)
        assert (answer.status_code, Addendum.objects.count()) == (422, 1)
