"""The desk beside lines and findings: sight, questions, notes, codes, two coders, two policies."""

from datetime import timedelta

import pytest

from encounters import intake
from encounters.models import AuditEvent, ClinicQuery, Note, Review, Sight
from encounters.models.review import ReviewState
from encounters.review import notes, preparation
from tests import personas
from tests.encounters.views.desk import (
    HTMX,
    Person,
    address,
    an_encounter_with_a_missing_stop,
    an_encounter_with_something_unbilled,
    now,
    opened,
    signed_in,
)
from tests.factories.encounters import DAY_AFTER
from tests.factories.reviews import ClinicQueryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]


class TestSee:
    def test_by_a_plain_button_and_then_accept(self) -> None:
        review = an_encounter_with_something_unbilled()
        client = opened(review)
        assert "1 still to be seen" in client.get(address(review)).text
        refused = client.post(address(review, "accept"), {"version": now(review).version})
        assert refused.status_code == 409
        assert "has not been looked at yet" in refused.text
        client.post(address(review, "see"), {"run": "1", "administration": "a2"})
        assert Sight.objects.count() == 1
        client.post(address(review, "accept"), {"version": now(review).version})
        assert now(review).state == ReviewState.ACCEPTED

    def test_answers_htmx_with_the_way_to_accept(self) -> None:
        review = an_encounter_with_something_unbilled()
        client = opened(review)
        answer = client.post(address(review, "see"), {"run": "1", "administration": "a2"}, headers=HTMX)
        assert answer.text.strip().startswith('<span id="accept-act"')
        assert "Accept and next" in answer.text

    def test_of_an_older_run_is_refused_in_the_work(self) -> None:
        review = an_encounter_with_something_unbilled()
        answer = opened(review).post(address(review, "see"), {"run": "x", "administration": "a2"}, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#work")
        assert not Sight.objects.exists()

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_for_whoever_codes(self, review: Review, person: Person) -> None:
        assert signed_in(person()).post(address(review, "see"), {"run": "1"}).status_code == 403


class TestAsk:
    def test_shows_the_words_before_they_are_sent(self) -> None:
        review = an_encounter_with_a_missing_stop()
        client = opened(review)
        asked = {"administration": "a2", "finding": "missing_stop_time"}
        assert "When did it stop?" in client.get(address(review, "ask"), asked, headers=HTMX).text
        assert "<html" in client.get(address(review, "ask"), asked).text
        assert (
            client.get(address(review, "ask"), asked | {"template": "dose"}, headers=HTMX).text.count("selected") == 1
        )

    def test_stands_open_and_in_the_list(self) -> None:
        review = an_encounter_with_a_missing_stop()
        client = opened(review)
        data = {
            "administration": "a2",
            "template": "stop_time",
            "asked_of": "ward nurse",
            "version": now(review).version,
        }
        assert "to ward nurse, asked by Ana" in client.post(address(review, "ask", "send"), data, headers=HTMX).text
        assert "ward nurse" in client.get("/queries/").text
        again = client.post(address(review, "ask", "send"), data | {"version": str(now(review).version)}, headers=HTMX)
        assert (again.status_code, again.headers["HX-Retarget"]) == (409, "#panel")
        assert "open already" in again.text

    def test_keeps_what_was_typed_when_it_is_refused(self) -> None:
        review = an_encounter_with_a_missing_stop()
        data = {"administration": "a2", "template": "stop_time", "asked_of": "", "version": "1"}
        answer = opened(review).post(address(review, "ask", "send"), data, headers=HTMX)
        assert answer.status_code == 422
        assert "Say whom the question is for" in answer.text

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_for_whoever_codes(self, review: Review, person: Person) -> None:
        data = {"administration": "a1", "template": "dose", "asked_of": "nurse", "version": "1"}
        assert signed_in(person()).post(address(review, "ask", "send"), data).status_code == 403


class TestAnswer:
    def page(self, review: Review) -> str:
        given = review.encounter.administrations.get(external_id="a2")
        query = ClinicQueryFactory.create(review=review, administration=given)
        return f"/queries/{query.pk}/"

    def test_in_the_clinics_clock_is_charted(self) -> None:
        review = an_encounter_with_a_missing_stop()
        page = self.page(review)
        client = signed_in()
        assert "The time, on the clock of the clinic" in client.get(page).text
        client.post(page, {"value": "10:22", "answer": "by the pump", "answered_by": "N. Nurse"})
        assert ClinicQuery.objects.get().answer == "10:22; by the pump"
        assert now(review).run.number == 2
        assert "answered" in client.get(page).text

    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            ({"value": "soon", "answered_by": "N"}, "Write a time such as 09:02"),
            ({"answered_by": "N"}, "Write down what the clinic answered"),
            ({"value": "10:22"}, "Say who answered"),
        ],
        ids=["no time", "nothing", "nobody"],
    )
    def test_that_says_too_little_comes_back(self, data: dict[str, str], problem: str) -> None:
        answer = signed_in().post(self.page(an_encounter_with_a_missing_stop()), data)
        assert answer.status_code == 422
        assert problem in answer.text

    def test_is_not_for_an_auditor(self) -> None:
        page = self.page(an_encounter_with_a_missing_stop())
        assert signed_in(personas.finn()).post(page, {"answer": "no", "answered_by": "N"}).status_code == 403

    def test_is_not_wanted_any_more_once_withdrawn(self) -> None:
        page = self.page(an_encounter_with_a_missing_stop())
        client = signed_in()
        assert client.post(f"{page}withdraw/", {"reason": ""}).status_code == 422
        client.post(f"{page}withdraw/", {"reason": "found it"})
        assert client.post(page, {"answer": "no", "answered_by": "N"}).status_code == 409

    def test_lists_are_shut_for_whoever_may_not_read_encounters(self) -> None:
        assert signed_in(personas.dov()).get("/queries/").status_code == 403

    def test_is_recorded_as_a_look_at_a_patient(self) -> None:
        page = self.page(an_encounter_with_a_missing_stop())
        client = signed_in(personas.finn())
        client.get("/queries/")
        client.get(page)
        tags = AuditEvent.objects.filter(actor=personas.finn()).order_by("pk").values_list("tag", flat=True)
        assert list(tags)[-2:] == ["review:encounters:listed", "review:encounter:viewed"]

    def test_of_no_question_is_not_found(self) -> None:
        assert signed_in().get("/queries/999999/").status_code == 404


class TestNotes:
    def test_are_written_and_corrected_by_plain_forms(self, review: Review) -> None:
        client = opened(review)
        client.post(address(review, "notes"), {"text": "pump changed", "anchor_kind": "encounter"})
        first = Note.objects.get()
        client.post(
            address(review, "notes"), {"text": "pump changed twice", "anchor_kind": "encounter", "replaces": first.pk}
        )
        page = client.get(address(review)).text
        assert "pump changed twice" in page
        assert "corrected" in page

    def test_of_another_are_not_corrected(self, review: Review) -> None:
        note = notes.write(review=review, text="mine", user=personas.eve(), at=DAY_AFTER)
        data = {"text": "yours", "anchor_kind": "encounter", "replaces": note.pk}
        assert opened(review).post(address(review, "notes"), data, headers=HTMX).status_code == 409

    @pytest.mark.parametrize("text", ["", "half\0way", "x" * 2001], ids=["empty", "unfit", "long"])
    def test_that_cannot_be_kept_are_refused(self, review: Review, text: str) -> None:
        data = {"text": text, "anchor_kind": "encounter"}
        assert opened(review).post(address(review, "notes"), data, headers=HTMX).status_code == 422


class TestCodes:
    def test_are_found_by_number_label_and_drug(self, review: Review) -> None:
        client = opened(review)
        assert "96375" in client.get(address(review, "codes"), {"code": "9637"}).text
        assert "96413" in client.get(address(review, "codes"), {"code": "chemo first"}).text
        assert "J0690" in client.get(address(review, "codes"), {"code": "cefaz"}).text

    def test_are_not_looked_for_by_one_letter(self, review: Review) -> None:
        assert "option" not in opened(review).get(address(review, "codes"), {"code": "9"}).text


class TestUnmappedDrug:
    def test_says_what_the_coder_can_do_until_others_have_mapped_it(self) -> None:
        review = an_encounter_with_a_missing_stop()
        assert "pends until the formulary has it" in opened(review).get(address(review)).text
        assert "pends until the formulary has it" not in opened(review, personas.ben()).get(address(review)).text


class TestSecondReview:
    def test_shows_what_the_second_coder_does_otherwise(self, review: Review) -> None:
        first = opened(review)
        data = {"units": "2", "code": "96366", "modifiers": "", "reason_code": "time", "version": now(review).version}
        first.post(address(review, "lines", "96366-1", "edit"), data)
        first.post(address(review, "second-review"), {"version": now(review).version, "note": "two?"})
        second = opened(review, personas.ben())
        assert "First and second coder" in second.get(address(review)).text
        second.post(address(review, "lines", "96366-1", "accept"), {"version": now(review).version})
        page = second.get(address(review)).text
        assert "<td>96366 ×1</td><td>96366 ×2</td><td><ins>96366 ×1</ins></td>" in page

    def test_is_over_once_accepted_whatever_is_charted_later(self, review: Review) -> None:
        first = opened(review)
        data = {"units": "2", "code": "96366", "modifiers": "", "reason_code": "time", "version": now(review).version}
        first.post(address(review, "lines", "96366-1", "edit"), data)
        first.post(address(review, "second-review"), {"version": now(review).version, "note": "two?"})
        second = opened(review, personas.ben())
        second.post(address(review, "return"), {"version": now(review).version, "note": "yes, two"})
        opened(review).post(address(review, "accept"), {"version": now(review).version})
        given = review.encounter.administrations.get(external_id="a1")
        assert given.stopped_at
        longer = {"stopped_at": (given.stopped_at + timedelta(hours=3)).isoformat()}
        intake.add_addendum(administration=given, changes=longer, reason="pump", author=personas.ana(), at=DAY_AFTER)
        preparation.code(encounter_id=review.encounter_id, at=DAY_AFTER)
        assert now(review).state == ReviewState.CHANGED
        page = opened(review).get(address(review)).text
        assert "First and second coder" not in page
        assert "Returned by the lead" not in page


class TestChangedSinceAccepted:
    def test_shows_what_the_coding_says_otherwise_since(self, review: Review) -> None:
        coder = opened(review)
        coder.post(address(review, "accept"), {"version": now(review).version})
        given = review.encounter.administrations.get(external_id="a1")
        assert given.stopped_at
        longer = {"stopped_at": (given.stopped_at + timedelta(hours=1)).isoformat()}
        intake.add_addendum(administration=given, changes=longer, reason="pump", author=personas.ana(), at=DAY_AFTER)
        preparation.code(encounter_id=review.encounter_id, at=DAY_AFTER)
        page = coder.get(address(review)).text
        assert "Since it was accepted" in page
        assert "<td><del>96366 ×1</del></td><td><ins>96366 ×2</ins></td>" in page
        coder.post(address(review, "accept"), {"version": now(review).version})
        assert "Since it was accepted" not in coder.get(address(review)).text


class TestCompare:
    def test_shows_both_sides_and_where_they_differ(self, review: Review) -> None:
        client = opened(review)
        page = client.get(address(review, "compare")).text
        assert "under two policies" in page
        assert page.count("96365 ×1") == 2
        other = client.get(address(review, "compare"), {"right_payer": "noridian", "right_on": "2025-12-30"}).text
        assert "30 Dec 2025" in other
        assert "noridian" in other

    def test_answers_of_policies_are_words(self, review: Review) -> None:
        page = opened(review).get(address(review, "compare"), {"right_payer": "blue-cross-idaho"}).text
        assert "<td>yes</td><td><ins>no</ins></td>" in page
        assert "<ins>one line whole vial</ins>" in page

    def test_says_what_one_unit_of_a_drug_is(self, review: Review) -> None:
        assert "Cefazolin, 500 mg a unit" in opened(review).get(address(review, "compare")).text

    def test_before_the_rules_begin_no_line_stands(self, review: Review) -> None:
        page = opened(review).get(address(review, "compare"), {"right_on": "1990-01-01"}).text
        assert "<td>96365 ×1</td><td><ins>nothing</ins></td>" in page

    def test_of_an_unknown_policy_is_not_understood(self, review: Review) -> None:
        assert opened(review).get(address(review, "compare"), {"left_payer": "nobody"}).status_code == 422

    def test_is_shut_for_whoever_may_not_read_encounters(self, review: Review) -> None:
        assert signed_in(personas.dov()).get(address(review, "compare")).status_code == 403


class TestLostLine:
    def test_words_typed_into_a_line_that_is_gone_are_shown(self, review: Review) -> None:
        data = {"code": "96366", "units": "9", "reason_code": "time", "reason": "my words", "version": "1"}
        answer = opened(review).post(address(review, "lines", "gone-1", "edit"), data, headers=HTMX)
        assert answer.status_code == 409
        assert "you had typed: 96366, 9, time, my words" in answer.text
