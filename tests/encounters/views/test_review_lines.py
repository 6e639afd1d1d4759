"""Lines of the workbench: accepted, corrected, rejected, added, taken back, explained; each also as a plain form."""

import re

import pytest

from encounters.models import LineDecision, Review
from encounters.models.review import DecisionAction
from encounters.review import decisions
from tests import personas
from tests.encounters.review.work import new_documentation
from tests.encounters.views.desk import (
    HTMX,
    Person,
    a_clean_encounter,
    address,
    now,
    opened,
    signed_in,
)
from tests.factories.encounters import DAY_AFTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]

LINE = "96365-1"
CORRECTION = {"code": "96365", "units": "2", "modifiers": "59", "reason_code": "time", "reason": "nurse's note"}


class TestAcceptLine:
    def test_is_stored_and_answers_htmx_with_the_part_below_the_timeline(self, review: Review) -> None:
        client = opened(review)
        answer = client.post(address(review, "lines", LINE, "accept"), {"version": now(review).version}, headers=HTMX)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert 'id="work"' in answer.text
        assert "1 of 3 lines decided" in answer.text
        assert LineDecision.objects.get().action == DecisionAction.ACCEPTED

    def test_as_a_plain_form_goes_back_to_the_page(self, review: Review) -> None:
        client = opened(review)
        answer = client.post(address(review, "lines", LINE, "accept"), {"version": now(review).version})
        assert answer.headers["Location"] == address(review)

    def test_over_a_newer_version_is_refused_and_says_what_changed(self, review: Review) -> None:
        client = opened(review)
        stale = now(review).version
        decisions.accept_line(review=review, line_key=LINE, user=personas.ana(), at=DAY_AFTER, version=stale)
        answer = client.post(address(review, "lines", LINE, "accept"), {"version": stale}, headers=HTMX)
        assert answer.status_code == 409
        assert "Not saved, because this changed in the meantime: 96365 ×1 accepted by Ana" in answer.text
        assert LineDecision.objects.count() == 1

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_refused_to_whoever_does_not_code(self, review: Review, person: Person) -> None:
        path = address(review, "lines", LINE, "accept")
        assert signed_in(person()).post(path, {"version": review.version}).status_code == 403
        assert not LineDecision.objects.exists()

    def test_without_a_version_is_not_understood(self, review: Review) -> None:
        assert opened(review).post(address(review, "lines", LINE, "accept")).status_code == 400


class TestLineForm:
    def test_opens_in_the_row(self, review: Review) -> None:
        row = opened(review).get(address(review, "lines", LINE, "edit"), headers=HTMX).text
        assert row.strip().startswith('<li class="line edit"')
        assert re.search(r'name="units"\s+value="1"', row)

    def test_opens_in_the_page_by_a_plain_link(self, review: Review) -> None:
        page = opened(review).get(address(review), {"edit": LINE}).text
        assert '<li class="line edit"' in page
        assert "<html" in page

    def test_corrects_a_line_with_its_reason(self, review: Review) -> None:
        client = opened(review)
        data = CORRECTION | {"version": now(review).version}
        answer = client.post(address(review, "lines", LINE, "edit"), data, headers=HTMX)
        assert answer.status_code == 200
        assert "Difference" in answer.text
        decision = LineDecision.objects.get()
        assert (decision.units, decision.modifiers, decision.reason_code) == (2, ["59"], "time")

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"units": "0"}, "At least 1 unit"),
            ({"units": "many"}, "Enter a whole number"),
            ({"code": "963"}, "A code has five characters"),
            ({"modifiers": "5"}, "A modifier has two characters"),
            ({"reason_code": ""}, "Choose a reason"),
            ({"reason_code": "other", "reason": ""}, "Say the reason in words"),
        ],
    )
    def test_comes_back_with_what_was_typed_and_what_is_wrong(
        self, review: Review, change: dict[str, str], problem: str
    ) -> None:
        client = opened(review)
        data = CORRECTION | {"version": now(review).version} | change
        answer = client.post(address(review, "lines", LINE, "edit"), data, headers=HTMX)
        assert answer.status_code == 422
        assert problem in answer.text
        assert 'value="nurse&#x27;s note"' in answer.text or change.get("reason") == ""
        assert not LineDecision.objects.exists()

    def test_keeps_what_was_typed_when_another_was_faster(self, review: Review) -> None:
        client = opened(review)
        stale = now(review).version
        decisions.accept_line(review=review, line_key=LINE, user=personas.ana(), at=DAY_AFTER, version=stale)
        answer = client.post(address(review, "lines", LINE, "edit"), CORRECTION | {"version": stale}, headers=HTMX)
        assert answer.status_code == 409
        assert "What you typed is kept below" in answer.text
        assert 'value="nurse&#x27;s note"' in answer.text
        assert f'name="version" value="{now(review).version}"' in answer.text

    def test_is_refused_over_documentation_that_has_arrived(self, review: Review) -> None:
        client = opened(review)
        new_documentation(review)
        data = CORRECTION | {"version": now(review).version}
        answer = client.post(address(review, "lines", LINE, "edit"), data, headers=HTMX)
        assert answer.status_code == 409
        assert "new documentation has arrived" in answer.text

    def test_rejects_a_line_with_its_reason(self, review: Review) -> None:
        client = opened(review)
        data = {"version": now(review).version, "reason_code": "suggestion"}
        client.post(address(review, "lines", LINE, "reject"), data, headers=HTMX)
        assert LineDecision.objects.get().action == DecisionAction.REJECTED

    def test_of_a_line_that_is_not_there_is_not_found(self, review: Review) -> None:
        assert opened(review).get(address(review, "lines", "nothing", "edit"), headers=HTMX).status_code == 404

    def test_of_another_mode_is_not_found(self, review: Review) -> None:
        assert opened(review).get(address(review, "lines", LINE, "destroy"), headers=HTMX).status_code == 404


class TestAddLine:
    def test_adds_it_with_its_reason(self, review: Review) -> None:
        client = opened(review)
        data = CORRECTION | {"code": "96375", "administrations": ["a1"], "version": now(review).version}
        answer = client.post(address(review, "add-line"), data, headers=HTMX)
        assert answer.status_code == 200
        added = LineDecision.objects.get()
        assert (added.action, added.code, added.administrations) == (DecisionAction.ADDED, "96375", ["a1"])

    def test_refuses_an_administration_of_another_encounter(self, review: Review) -> None:
        client = opened(review)
        data = CORRECTION | {"administrations": ["elsewhere"], "version": now(review).version}
        assert client.post(address(review, "add-line"), data, headers=HTMX).status_code == 422


class TestUndo:
    def test_takes_back_the_last_decision(self, review: Review) -> None:
        client = opened(review)
        client.post(address(review, "lines", LINE, "accept"), {"version": now(review).version}, headers=HTMX)
        answer = client.post(address(review, "undo"), {"version": now(review).version}, headers=HTMX)
        assert "1 of 3" not in answer.text
        assert LineDecision.objects.filter(action=DecisionAction.UNDONE).count() == 1

    def test_of_nothing_says_so(self, review: Review) -> None:
        answer = opened(review).post(address(review, "undo"), {"version": now(review).version}, headers=HTMX)
        assert answer.status_code == 409
        assert "There is nothing to undo" in answer.text
        assert "Not saved" not in answer.text

    def test_of_nothing_leads_back_to_what_was_accepted_before(self, review: Review) -> None:
        client, following = opened(review), a_clean_encounter()
        client.post(address(review, "accept"), {"version": now(review).version})
        answer = client.post(address(following, "undo"), {"version": now(following).version}, headers=HTMX)
        assert "Before it you accepted" in answer.text
        assert f'data-key="u" href="{address(review)}"' in answer.text

    def test_leads_back_past_what_does_not_stand_any_more(self, review: Review) -> None:
        client, second, third = opened(review), a_clean_encounter(), a_clean_encounter()
        client.post(address(review, "pend"), {"version": now(review).version, "reason": "clinic"})
        client.post(address(second, "accept"), {"version": now(second).version})
        client.post(address(second, "undo"), {"version": now(second).version})
        client.get(address(third))
        answer = client.post(address(third, "undo"), {"version": now(third).version}, headers=HTMX)
        assert "Before it you pended" in answer.text
        assert f'href="{address(review)}"' in answer.text

    def test_does_not_lead_to_what_another_accepted(self, review: Review) -> None:
        opened(review).post(address(review, "accept"), {"version": now(review).version})
        other = a_clean_encounter()
        client = opened(other, personas.ben())
        answer = client.post(address(other, "undo"), {"version": now(other).version}, headers=HTMX)
        assert "Before it you" not in answer.text


class TestWhy:
    def test_is_not_on_the_page_until_it_is_asked_for(self, review: Review) -> None:
        client = opened(review)
        assert '<dl class="steps">' not in client.get(address(review)).text
        why = client.get(address(review, "lines", LINE, "why"), headers=HTMX).text
        assert why.strip().startswith('<dl class="steps">')
        assert "running min" in why

    def test_opens_by_a_plain_link(self, review: Review) -> None:
        client = opened(review)
        assert client.get(address(review), {"why": LINE}).text.count('<dl class="steps">') == 1
        assert f"why={LINE}" in client.get(address(review, "lines", LINE, "why")).headers["Location"]

    def test_of_a_line_that_is_not_there_is_not_found(self, review: Review) -> None:
        assert opened(review).get(address(review, "lines", "nothing", "why"), headers=HTMX).status_code == 404
