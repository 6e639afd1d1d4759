"""Two people, two tabs, a lost session, a double click, the back button: nothing lost, nothing wrong saved."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from encounters import intake
from encounters.models import Addendum, AuditEvent, DrugAdministration, FinalLine, LineDecision, Review
from encounters.models.review import ReviewState
from encounters.review import claims, decisions, preparation
from encounters.review.hold import ReviewIsHeld
from tests import personas
from tests.browser.keyboard import Keyboard
from tests.encounters.views.desk import a_clean_encounter

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]
LINE = "96365-1"


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


@pytest.fixture
def review() -> Review:
    return a_clean_encounter()


def now(review: Review) -> Review:
    return Review.objects.select_related("run").get(pk=review.pk)


def opened(page: Page, signed_in: SignIn, review: Review) -> Page:
    signed_in(personas.ana())
    page.goto(f"/review/{review.encounter_id}/")
    expect(page.locator(".stop[aria-current]")).to_be_focused()
    return page


def documentation_arrives(review: Review, *, is_coded: bool) -> None:
    """The source says that the infusion stopped half an hour later."""
    at = timezone.now()
    intake.add_addendum(
        administration=DrugAdministration.objects.get(encounter=review.encounter_id, external_id="a1"),
        changes={"stopped_at": "2026-01-15T12:35:00-05:00"},
        reason="late entry",
        author=personas.eve(),
        at=at,
    )
    if is_coded:
        preparation.code(encounter_id=review.encounter_id, at=at)


class TestNewDocumentation:
    def test_shows_at_once_with_its_difference_and_cannot_be_saved_over(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        documentation_arrives(review, is_coded=True)
        banner = page.locator("#lease .stale")
        expect(banner).to_contain_text("96366 ×1 → 96366 ×2")
        keyboard.press("Enter")
        expect(banner).to_have_count(0)
        expect(page.locator("#lines .line").nth(1)).to_contain_text("×2")
        assert now(review).state == ReviewState.READY
        assert not FinalLine.objects.exists()

    def test_while_coder_a_accepts_saves_nothing_and_says_why(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        documentation_arrives(review, is_coded=False)
        keyboard.press("Enter")
        expect(page.locator("body")).to_contain_text("Not saved: new documentation has arrived and is being coded.")
        assert not FinalLine.objects.exists()

    def test_keeps_what_is_being_typed(self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard) -> None:
        opened(page, signed_in, review)
        keyboard.press("e")
        expect(page.get_by_label("Units")).to_be_focused()
        keyboard.press("7")
        documentation_arrives(review, is_coded=True)
        expect(page.locator("#lease .stale")).to_be_visible()
        keyboard.press("Enter", "3", "Enter")
        expect(page.locator("#work")).to_contain_text("What you typed is kept below")
        expect(page.get_by_label("Units")).to_have_value("7")
        expect(page.locator("#timeline")).to_contain_text("155 min")
        assert not LineDecision.objects.exists()


class TestAnotherCoder:
    def test_who_took_over_is_named_and_nothing_is_saved(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        keyboard.press("e")
        expect(page.get_by_label("Units")).to_be_focused()
        keyboard.press("7")
        held = now(review)
        claims.release(review=held, user=personas.ana(), at=timezone.now())
        claims.claim(review=held, user=personas.eve(), at=timezone.now())
        decisions.accept_line(
            review=held, line_key=LINE, user=personas.eve(), at=timezone.now(), version=now(review).version
        )
        keyboard.press("Enter", "3", "Enter")
        expect(page.locator("#work")).to_contain_text("96365 ×1 accepted by Eve")
        expect(page.get_by_label("Units")).to_have_value("7")
        assert list(LineDecision.objects.values_list("actor__username", flat=True)) == ["eve"]
        expect(page.locator("#lease")).to_contain_text("Your hold has ended")

    def test_sees_the_page_to_read_only(
        self, page: Page, signed_in: SignIn, review: Review, browser: Browser, live_server: LiveServer
    ) -> None:
        claims.claim(review=review, user=personas.eve(), at=timezone.now())
        signed_in(personas.ana())
        page.goto(f"/review/{review.encounter_id}/")
        expect(page.locator("#lease")).to_contain_text("Eve holds this encounter")
        expect(page.locator("[data-act=accept]")).to_have_count(0)


class TestSessionEnded:
    def test_in_a_what_if_keeps_what_was_typed(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        keyboard.press("t")
        expect(page.get_by_label("Stop", exact=True)).to_be_focused()
        page.keyboard.type("12:31")
        expect(page.locator("#what-if-result")).to_contain_text("becomes")
        page.get_by_label("Source, for the addendum").focus()
        page.keyboard.type("the pump")
        page.context.clear_cookies()
        keyboard.press("Enter")
        expect(page.locator("#messages")).to_contain_text("You are signed out")
        expect(page.get_by_label("Stop", exact=True)).to_have_value("12:31")
        expect(page.get_by_label("Source, for the addendum")).to_have_value("the pump")
        assert not Addendum.objects.exists()


class TestDoubleClick:
    def test_accepts_once(self, page: Page, signed_in: SignIn, review: Review) -> None:
        opened(page, signed_in, review)
        page.get_by_role("button", name="Accept and next").dblclick()
        page.wait_for_url("**/review/")
        assert AuditEvent.objects.filter(tag="review:encounter:accepted").count() == 1
        assert FinalLine.objects.count() == 3

    def test_charts_one_addendum(self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard) -> None:
        opened(page, signed_in, review)
        keyboard.press("t")
        expect(page.get_by_label("Stop", exact=True)).to_be_focused()
        page.keyboard.type("12:31")
        page.get_by_label("Source, for the addendum").fill("the pump")
        page.get_by_role("button", name="Save as addendum").dblclick()
        expect(page.get_by_role("heading", name="Addenda")).to_be_visible()
        assert Addendum.objects.count() == 1


class TestKilledBrowser:
    def test_frees_its_claim_within_two_minutes(self, page: Page, signed_in: SignIn, review: Review) -> None:
        opened(page, signed_in, review)
        with page.expect_response("**/heartbeat/"):
            pass
        page.close(run_before_unload=False)
        killed_at = timezone.now()
        with pytest.raises(ReviewIsHeld):
            claims.claim(review=review, user=personas.eve(), at=killed_at)
        claims.claim(review=review, user=personas.eve(), at=killed_at + timedelta(minutes=2))
        assert now(review).claimed_by == personas.eve()


class TestBackButton:
    def test_shows_the_accepted_encounter_as_it_is(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        keyboard.press("Enter")
        page.wait_for_url("**/review/")
        page.go_back()
        expect(page.locator(".foot")).to_contain_text("final lines are frozen")
        assert FinalLine.objects.count() == 3


class TestTwoTabs:
    def test_the_one_behind_learns_it_at_once_and_saves_nothing(
        self, page: Page, signed_in: SignIn, review: Review, keyboard: Keyboard
    ) -> None:
        opened(page, signed_in, review)
        other = page.context.new_page()
        other.goto(f"/review/{review.encounter_id}/")
        expect(other.locator(".stop[aria-current]")).to_be_focused()
        other.keyboard.press("a")
        expect(other.locator("#lines .line.decided")).to_have_count(1)
        expect(page.locator("#lease .stale")).to_contain_text("96365 ×1 accepted by Ana")
        keyboard.press("a")
        expect(page.locator("#work")).to_contain_text("Not saved")
        assert LineDecision.objects.count() == 1
        other.close()
