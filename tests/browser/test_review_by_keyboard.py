"""A coder's work in a real browser, by keyboard alone: the acts, their key budget, and where the focus goes."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from encounters.models import AuditEvent, FinalLine, LineDecision, Review
from encounters.models.review import DecisionAction, ReviewState
from encounters.review import claims
from tests import personas
from tests.browser.keyboard import Keyboard, is_ready
from tests.encounters.views.desk import a_clean_encounter, an_encounter_with_a_missing_stop
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]


@pytest.fixture
def review() -> Review:
    return a_clean_encounter()


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


@pytest.fixture
def workbench(page: Page, signed_in: SignIn, review: Review) -> Page:
    """Ana has the clean encounter open."""
    signed_in(personas.ana())
    page.goto(f"/review/{review.encounter_id}/")
    expect(page.locator(".line[aria-current]")).to_have_count(1)
    return page


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def at_queue(page: Page) -> None:
    page.wait_for_url("**/review/")


class TestSignIn:
    def test_leads_to_the_queue_and_the_best_encounter_opens_with_a_key(self, page: Page, keyboard: Keyboard) -> None:
        user = personas.ana()
        user.set_password("correct horse battery")
        user.save()
        a_clean_encounter()
        best = an_encounter_with_a_missing_stop()
        page.goto("/")
        keyboard.type_into(page.get_by_label("Name"), "ana")
        keyboard.press("Tab")
        keyboard.type_into(page.get_by_label("Password"), "correct horse battery")
        keyboard.press("Enter")
        at_queue(page)
        keyboard.press("Enter")
        page.wait_for_url(f"**/review/{best.encounter_id}/")
        assert now(best).claimed_by == user


class TestCleanEncounter:
    def test_is_accepted_with_one_key(self, workbench: Page, keyboard: Keyboard, review: Review) -> None:
        keyboard.press("Enter")
        at_queue(workbench)
        assert keyboard.pressed == 1
        assert now(review).state == ReviewState.ACCEPTED
        assert [line.code for line in FinalLine.objects.order_by("position")] == ["96365", "96366", "J0690"]
        event = AuditEvent.objects.get(tag="review:encounter:accepted")
        assert (event.actor, event.encounter_id) == (personas.ana(), review.encounter_id)

    def test_is_followed_by_the_next(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        first, second = a_clean_encounter(), a_clean_encounter()
        signed_in(personas.ana())
        page.goto(f"/review/{first.encounter_id}/")
        keyboard.press("Enter")
        page.wait_for_url(f"**/review/{second.encounter_id}/")
        expect(page.locator("#messages")).to_contain_text("is accepted")

    def test_that_was_the_last_is_open_again_with_two_keys(
        self, workbench: Page, keyboard: Keyboard, review: Review
    ) -> None:
        keyboard.press("Enter")
        at_queue(workbench)
        keyboard.press("u")
        workbench.wait_for_url(f"**/review/{review.encounter_id}/")
        keyboard.press("u")
        expect(workbench.get_by_role("button", name="Accept and next")).to_be_visible()
        assert now(review).state == ReviewState.READY

    def test_is_accepted_once_by_two_quick_presses(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("Enter", "Enter")
        at_queue(workbench)
        assert AuditEvent.objects.filter(tag="review:encounter:accepted").count() == 1

    def test_is_not_pended_by_keys_that_run_ahead_of_the_next_page(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        first, second = a_clean_encounter(), a_clean_encounter()
        signed_in(personas.ana())
        page.goto(f"/review/{first.encounter_id}/")
        keyboard.press("Enter", "h", "1")
        page.wait_for_url(f"**/review/{second.encounter_id}/")
        expect(page.locator("#messages")).to_contain_text("is accepted")
        assert [now(first).state, now(second).state] == [ReviewState.ACCEPTED, ReviewState.READY]

    def test_is_not_accepted_by_a_key_pressed_on_the_way_to_the_queue(
        self, workbench: Page, keyboard: Keyboard, review: Review
    ) -> None:
        keyboard.press("g", "q", "Enter")
        at_queue(workbench)
        expect(workbench.locator("#messages")).not_to_contain_text("accepted")
        assert now(review).state == ReviewState.READY

    def test_hears_keys_again_when_the_browser_is_stopped_on_its_way(self, workbench: Page, keyboard: Keyboard) -> None:
        workbench.evaluate("() => { window.infusion.leave(); }")
        keyboard.press("j")
        expect(workbench.locator("#lines .line").nth(0)).to_be_focused()
        keyboard.press("Escape", "j")
        expect(workbench.locator("#lines .line").nth(1)).to_be_focused()


class TestLines:
    def test_are_walked_with_j_and_k(self, workbench: Page, keyboard: Keyboard) -> None:
        lines = workbench.locator("#lines .line")
        expect(lines.nth(0)).to_be_focused()
        keyboard.press("j")
        expect(lines.nth(1)).to_be_focused()
        keyboard.press("k", "k")
        expect(lines.nth(0)).to_be_focused()

    def test_light_their_minutes_on_the_timeline(self, workbench: Page, keyboard: Keyboard) -> None:
        expect(workbench.locator("#timeline .g.now")).to_have_count(1)
        expect(workbench.locator("#timeline .g.now")).to_have_attribute("data-adm", "a1")

    def test_are_accepted_with_a_and_the_focus_moves_on(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("a")
        expect(workbench.locator("#lines .line").nth(0)).to_have_class("line stop decided")
        expect(workbench.locator("#lines .line").nth(1)).to_be_focused()
        assert LineDecision.objects.get().action == DecisionAction.ACCEPTED

    def test_are_all_accepted_by_a_fast_hand(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("a", "a", "a")
        expect(workbench.locator("#lines .line.decided")).to_have_count(3)
        keys = LineDecision.objects.order_by("pk").values_list("line_key", flat=True)
        assert list(keys) == ["96365-1", "96366-1", "J0690-1"]

    def test_explain_themselves_with_w(self, workbench: Page, keyboard: Keyboard) -> None:
        steps = workbench.locator("#lines .line").nth(0).locator(".steps")
        expect(steps).to_be_hidden()
        keyboard.press("w")
        expect(steps).to_be_visible()
        expect(steps).to_contain_text("running min")
        keyboard.press("w")
        expect(steps).to_be_hidden()

    def test_are_corrected_in_five_keys_with_the_reason(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e")
        expect(workbench.get_by_label("Units")).to_be_focused()
        keyboard.press("2", "Enter", "3", "Enter")
        expect(workbench.locator("#lines .line").nth(0)).to_contain_text("×2")
        assert keyboard.pressed == 5

    def test_are_corrected_by_a_fast_hand(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e", "2", "Enter", "3", "Enter")
        expect(workbench.locator("#lines .line").nth(0)).to_contain_text("×2")
        decision = LineDecision.objects.get()
        assert (decision.units, decision.reason_code) == (2, "time")
        decision = LineDecision.objects.get()
        assert (decision.action, decision.units, decision.reason_code) == (DecisionAction.OVERRIDDEN, 2, "time")
        expect(workbench.locator("#lines .line").nth(0)).to_be_focused()
        expect(workbench.get_by_role("heading", name="Difference")).to_be_visible()

    def test_keep_the_order_of_keys_pressed_as_the_form_comes(self, workbench: Page, keyboard: Keyboard) -> None:
        """The last keys find the field focused, while the first one still waits to be pressed again."""
        # What the page does in its next turn waits until the test lets it.
        workbench.evaluate("""() => {
            const own = setTimeout, turns = [];
            window.setTimeout = (act, ms, ...rest) => ms ? own(act, ms, ...rest) : turns.push(() => act(...rest));
            window.goOn = () => { window.setTimeout = own; turns.forEach((turn) => turn()); };
        }""")
        keyboard.press("e", "9", "Backspace")
        expect(workbench.get_by_label("Units")).to_be_focused()
        expect(workbench.get_by_label("Units")).to_have_value("1")
        keyboard.press("2", "Enter", "3", "Enter")
        workbench.evaluate("goOn()")
        expect(workbench.locator("#lines .line").nth(0)).to_contain_text("×2")
        decision = LineDecision.objects.get()
        assert (decision.units, decision.reason_code) == (2, "time")

    def test_are_left_as_they_are_by_a_fast_hand(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e", "Escape", "ArrowDown")
        expect(workbench.locator("#lines .line").nth(1)).to_be_focused()
        expect(workbench.locator(".line.edit")).to_have_count(0)

    def test_hear_the_key_that_follows_escape_out_of_a_field(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e")
        expect(workbench.get_by_label("Units")).to_be_focused()
        keyboard.press("Escape", "j")
        expect(workbench.locator("#lines .line").nth(1)).to_be_focused()
        expect(workbench.locator(".line.edit")).to_have_count(0)

    def test_are_rejected_with_a_reason(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("x")
        expect(workbench.locator(".line.edit input[type=radio]").nth(0)).to_be_focused()
        keyboard.press("5", "Enter")
        expect(workbench.locator("#lines .line.gone")).to_have_count(1)
        assert LineDecision.objects.get().reason_code == "suggestion"

    def test_can_be_added(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("n")
        keyboard.type_into(workbench.get_by_label("Code", exact=True), "96375")
        keyboard.press("Enter", "5", "Enter")
        expect(workbench.locator(".line.edit")).to_have_count(0)
        expect(workbench.locator("#lines .line")).to_have_count(4)
        assert LineDecision.objects.get().action == DecisionAction.ADDED

    def test_keep_what_was_there_when_the_form_is_left(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e")
        expect(workbench.get_by_label("Units")).to_be_focused()
        keyboard.press("9", "Escape")
        expect(workbench.locator(".line.edit")).to_have_count(0)
        expect(workbench.locator("#lines .line").nth(0)).to_be_focused()
        expect(workbench.locator("#lines .line").nth(0)).to_contain_text("×1")
        assert not LineDecision.objects.exists()

    def test_are_not_touched_by_keys_typed_in_a_field(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("/")
        keyboard.type_into(workbench.locator("[data-search]"), "aexu")
        expect(workbench.locator("[data-search]")).to_have_value("aexu")
        assert not LineDecision.objects.exists()

    def test_are_undecided_again_after_u(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("a")
        expect(workbench.locator("#lines .line.decided")).to_have_count(1)
        keyboard.press("u")
        expect(workbench.locator("#lines .line.decided")).to_have_count(0)
        assert LineDecision.objects.filter(action=DecisionAction.UNDONE).count() == 1

    def test_hear_the_keys_though_what_asked_was_taken_away(self, workbench: Page, keyboard: Keyboard) -> None:
        is_ready(workbench)
        # Within one turn of the page, so that the answer can come only afterwards.
        workbench.evaluate("""() => {
            const lines = document.getElementById("lines");
            infusion.act("e");
            lines.outerHTML = lines.outerHTML;
        }""")
        keyboard.press("?")
        expect(workbench.locator("#keys[open]")).to_be_visible()


class TestEncounter:
    def test_is_pended_with_two_keys(self, workbench: Page, keyboard: Keyboard, review: Review) -> None:
        keyboard.press("h", "2")
        at_queue(workbench)
        assert keyboard.pressed == 2
        assert (now(review).state, now(review).pend_reason) == (ReviewState.PENDED, "stop_time")

    def test_with_a_blocking_finding_asks_why_before_it_is_accepted(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        blocked = an_encounter_with_a_missing_stop()
        signed_in(personas.ana())
        page.goto(f"/review/{blocked.encounter_id}/")
        keyboard.press("Enter")
        keyboard.type_into(page.get_by_label("Why, for the record"), "the clinic confirmed a push")
        keyboard.press("Enter")
        at_queue(page)
        assert AuditEvent.objects.get(tag="review:encounter:accepted").reason == "the clinic confirmed a push"

    def test_shows_the_keys_with_a_question_mark(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("?")
        expect(workbench.get_by_role("dialog", name="Keys")).to_be_visible()
        keyboard.press("Escape")
        expect(workbench.get_by_role("dialog", name="Keys")).to_be_hidden()
        expect(workbench.locator("#lines .line").nth(0)).to_be_focused()

    def test_is_free_again_when_the_coder_goes_back_to_the_queue(
        self, workbench: Page, keyboard: Keyboard, review: Review
    ) -> None:
        keyboard.press("g", "q")
        at_queue(workbench)
        # The page may have been made before the claim was given back; then the next look at the claims says so.
        expect(workbench.locator("tbody.e [data-holder]")).to_have_text("")
        assert now(review).claimed_by is None


class TestQueue:
    def test_shows_within_seconds_who_took_what(self, page: Page, signed_in: SignIn, review: Review) -> None:
        signed_in(personas.ana())
        page.goto("/review/")
        holder = page.locator("tbody.e [data-holder]")
        expect(holder).to_have_text("")
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER.replace(year=2126))
        expect(holder).to_have_text("Eve")
        expect(page.locator("tbody.e")).to_have_class("e held")

    def test_moves_with_j_and_opens_that_row(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        a_clean_encounter()
        second = a_clean_encounter()
        signed_in(personas.ana())
        page.goto("/review/")
        keyboard.press("j")
        expect(page.locator("tbody.e").nth(1)).to_be_focused()
        keyboard.press("o")
        page.wait_for_url(f"**/review/{second.encounter_id}/")

    def test_opens_what_was_searched_for_and_not_the_best_of_all(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        sought = a_clean_encounter()
        best = an_encounter_with_a_missing_stop()
        signed_in(personas.ana())
        page.goto(f"/review/?q={sought.encounter.patient.mrn}")
        expect(page.locator("tbody.e")).to_have_count(1)
        keyboard.press("Enter")
        page.wait_for_url(f"**/review/{sought.encounter_id}/")
        assert now(best).claimed_by is None

    def test_goes_through_its_filters_with_f(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        page.goto("/review/")
        keyboard.press("f")
        page.wait_for_url("**/review/?tab=mine")


class TestScreen:
    def test_never_scrolls_sideways(self, page: Page, signed_in: SignIn, review: Review) -> None:
        addresses = [
            "/login/",
            "/review/",
            f"/review/{review.encounter_id}/",
            f"/history/{review.encounter_id}/",
            "/rules/",
        ]
        for address in addresses:
            if address != "/login/":
                signed_in(personas.ana())
            for width, height in ((1280, 720), (1920, 1080), (640, 360)):
                page.set_viewport_size({"width": width, "height": height})
                page.goto(address)
                fits = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                assert fits, f"{address} at {width}×{height}"


class TestSessionEnded:
    def test_keeps_what_was_typed_and_says_so(self, workbench: Page, keyboard: Keyboard) -> None:
        keyboard.press("e")
        expect(workbench.get_by_label("Units")).to_be_focused()
        keyboard.press("7")
        workbench.context.clear_cookies()
        keyboard.press("Enter", "3", "Enter")
        expect(workbench.locator("#messages")).to_contain_text("You are signed out")
        expect(workbench.get_by_label("Units")).to_have_value("7")
        assert not LineDecision.objects.exists()
