"""The workbench in full, by keyboard alone: what if, required sight, questions, notes, code search, policies."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from encounters.models import Addendum, ClinicQuery, LineDecision, Note, Review, Sight
from encounters.models.review import ReviewState
from tests import personas
from tests.browser.keyboard import Keyboard
from tests.encounters.views.desk import (
    a_clean_encounter,
    an_encounter_with_a_missing_stop,
    an_encounter_with_something_unbilled,
)

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def now(review: Review) -> Review:
    return Review.objects.select_related("run").get(pk=review.pk)


def opened(page: Page, signed_in: SignIn, review: Review) -> Page:
    signed_in(personas.ana())
    page.goto(f"/review/{review.encounter_id}/")
    expect(page.locator(".stop[aria-current]")).to_be_focused()
    return page


def trying(page: Page, keyboard: Keyboard) -> None:
    """The panel of the what-if is open, its first field in hand."""
    keyboard.press("t")
    expect(page.get_by_label("Stop", exact=True)).to_be_focused()


class TestWhatIf:
    def test_changes_the_codes_while_a_time_is_typed(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        review = a_clean_encounter()
        opened(page, signed_in, review)
        trying(page, keyboard)
        page.keyboard.type("12:31")
        expect(page.locator("#what-if-result")).to_contain_text("96366 ×1 becomes 96366 ×2")
        expect(page.locator("#lines .line.whatif")).to_contain_text("96366")
        expect(page.locator("#lines .line.gone")).to_contain_text("96366")
        expect(page.locator("#timeline .g.unsaved")).to_have_count(1)
        expect(page.get_by_label("Stop", exact=True)).to_be_focused()
        assert not Addendum.objects.exists()

    def test_takes_what_a_fast_hand_typed_before_it_opened(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, a_clean_encounter())
        keyboard.press("t")
        page.keyboard.type("12:31")
        expect(page.get_by_label("Stop", exact=True)).to_have_value("12:31")
        expect(page.locator("#what-if-result")).to_contain_text("96366 ×1 becomes 96366 ×2")

    def test_is_dropped_with_escape_and_all_is_as_before(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, a_clean_encounter())
        trying(page, keyboard)
        page.keyboard.type("12:31")
        expect(page.locator("#lines .line.whatif")).to_have_count(1)
        keyboard.press("Escape")
        expect(page.locator("#panel")).to_be_empty()
        expect(page.locator("#lines .line")).to_have_count(3)
        expect(page.locator("#time.trial")).to_have_count(0)
        expect(page.locator("#lines .line").nth(0)).to_be_focused()
        keyboard.press("a")
        expect(page.locator("#lines .line.decided")).to_have_count(1)

    def test_is_saved_as_an_addendum_with_its_reason(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        review = a_clean_encounter()
        opened(page, signed_in, review)
        trying(page, keyboard)
        page.keyboard.type("12:31")
        keyboard.press("Enter")
        why = page.get_by_label("Source, for the addendum")
        expect(why).to_be_focused()
        expect(page.get_by_label("Stop", exact=True)).to_have_value("12:31")
        page.keyboard.type("the pump's record")
        keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Addenda")).to_be_visible()
        expect(page.locator("#lines .line").nth(1)).to_contain_text("×2")
        kept = Addendum.objects.get()
        assert (kept.author, kept.reason) == (personas.ana(), "the pump's record")
        assert now(review).run.number == 2


class TestRequiredSight:
    def test_leads_through_what_is_not_billed_before_accepting(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        review = an_encounter_with_something_unbilled()
        opened(page, signed_in, review)
        expect(page.locator("#accept-act")).to_contain_text("1 without a line, unseen")
        keyboard.press("Enter")
        expect(page.locator("#not-billed .need")).to_be_focused()
        expect(page.locator("#not-billed .need")).to_have_class("stop need seen")
        expect(page.locator("#accept-act")).to_contain_text("Accept and next")
        expect(page.get_by_role("heading", name="Not billed")).to_contain_text("all seen")
        assert Sight.objects.get().seen_by == personas.ana()
        keyboard.press("Enter")
        page.wait_for_url("**/review/")
        assert keyboard.pressed == 2
        assert now(review).state == ReviewState.ACCEPTED

    def test_is_given_by_walking_there(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        opened(page, signed_in, an_encounter_with_something_unbilled())
        for _ in range(page.locator("#lines .line").count()):
            keyboard.press("j")
        expect(page.locator("#not-billed .need")).to_have_class("stop need seen")

    def test_survives_a_fast_hand(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        review = an_encounter_with_something_unbilled()
        opened(page, signed_in, review)
        keyboard.press("Enter", "Enter")
        page.wait_for_url("**/review/")
        assert now(review).state == ReviewState.ACCEPTED


class TestClinic:
    def test_is_asked_from_a_template(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        review = an_encounter_with_a_missing_stop()
        opened(page, signed_in, review)
        lost: list[str] = []
        page.on("console", lambda words: lost.append(words.text) if "oobErrorNoTarget" in words.text else None)
        keyboard.press("c")
        expect(page.get_by_label("To", exact=True)).to_be_focused()
        expect(page.locator("#panel blockquote")).to_contain_text("without a stop time. When did it stop?")
        keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Questions to the clinic")).to_be_visible()
        expect(page.locator("#panel")).to_be_empty()
        expect(page.locator(".stop[aria-current]")).to_be_focused()
        assert ClinicQuery.objects.get().field == "stopped_at"
        assert lost == []

    def test_shows_the_words_of_each_question_while_the_choice_keeps_the_focus(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, an_encounter_with_a_missing_stop())
        keyboard.press("c")
        expect(page.get_by_label("To", exact=True)).to_be_focused()
        keyboard.press("Shift+Tab", "ArrowDown")
        expect(page.locator("#panel blockquote")).not_to_contain_text("When did it stop?")
        expect(page.locator("#panel select[name=template]")).to_be_focused()

    def test_answers_and_the_pended_encounter_wakes_with_what_changed(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        review = an_encounter_with_a_missing_stop()
        opened(page, signed_in, review)
        keyboard.press("c")
        expect(page.get_by_label("To", exact=True)).to_be_focused()
        keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Questions to the clinic")).to_be_visible()
        keyboard.press("h", "1")
        page.wait_for_url("**/review/")
        page.goto(f"/queries/{ClinicQuery.objects.get().pk}/")
        expect(page.get_by_label("The time, on the clock of the clinic")).to_be_focused()
        page.keyboard.type("10:40")
        keyboard.press("Tab")
        page.keyboard.type("by the pump")
        keyboard.press("Tab")
        page.keyboard.type("N. Nurse")
        keyboard.press("Enter")
        page.wait_for_url("**/queries/")
        assert now(review).state != ReviewState.PENDED
        page.goto(f"/review/{review.encounter_id}/")
        expect(page.get_by_role("heading", name="Since it was pended")).to_contain_text("answered: 10:40; by the pump")
        expect(page.locator(".changes").first).to_contain_text("96368 ×1")
        folded = page.locator("#lines > .same")
        expect(page.locator(".unfold")).to_contain_text("as they were when this was pended")
        expect(folded.first).to_be_hidden()
        expect(page.locator("#lines .line:not(.same)").first).to_be_focused()
        keyboard.press("l")
        expect(folded.first).to_be_visible()
        keyboard.press("l")
        expect(folded.first).to_be_hidden()
        expect(page.locator(".stop[aria-current]")).to_be_focused()


class TestNotes:
    def test_hang_on_the_line_at_hand(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        opened(page, signed_in, a_clean_encounter())
        keyboard.press("j", "i")
        expect(page.get_by_label("On 96366")).to_be_focused()
        page.keyboard.type("pump changed at noon")
        keyboard.press("Enter")
        expect(page.locator("#notes")).to_contain_text("pump changed at noon")
        assert (Note.objects.get().anchor_kind, Note.objects.get().anchor) == ("line", "96366-1")
        expect(page.locator("#lines .line").nth(1)).to_be_focused()

    def test_hang_on_a_finding_whose_button_was_pressed(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, an_encounter_with_a_missing_stop())
        page.locator(".find-list [data-note]").first.focus()
        keyboard.press("Enter")
        expect(page.get_by_label("On Stop time missing")).to_be_focused()
        page.keyboard.type("asked by phone")
        keyboard.press("Enter")
        expect(page.locator("#notes")).to_contain_text("on Stop time missing")
        assert (Note.objects.get().anchor_kind, Note.objects.get().anchor) == ("finding", "missing_stop_time a2")


class TestCodeSearch:
    def test_finds_a_code_by_a_word_of_its_label(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        opened(page, signed_in, a_clean_encounter())
        keyboard.press("n")
        expect(page.get_by_label("Code", exact=True)).to_be_focused()
        page.keyboard.type("cefaz")
        expect(page.locator("#codes [role=option]").first).to_contain_text("J0690")
        keyboard.press("ArrowDown", "Enter")
        expect(page.get_by_label("Code", exact=True)).to_have_value("J0690")
        expect(page.locator("#codes [role=option]")).to_have_count(0)
        keyboard.press("Enter", "5", "Enter")
        expect(page.locator(".line.edit")).to_have_count(0)
        expect(page.locator("#lines .line")).to_have_count(4)
        assert LineDecision.objects.get().code == "J0690"


class TestPolicies:
    def test_stand_side_by_side(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        review = a_clean_encounter()
        opened(page, signed_in, review)
        keyboard.press("p")
        page.wait_for_url("**/compare/")
        expect(page.locator(".sides tbody tr")).to_have_count(4)
        expect(page.locator(".sides tbody tr").first).to_contain_text("96365")
        keyboard.press("p")
        expect(page.get_by_label("Right")).to_be_focused()
        keyboard.press("Escape", "Escape")
        page.wait_for_url(f"**/review/{review.encounter_id}/")
