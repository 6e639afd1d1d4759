"""Whatever form of the workbench is open when a session ends or the encounter moves on: what was typed comes back."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from encounters.models import Addendum, ClinicQuery, LineDecision, Note, Review
from encounters.review import decisions, notes, states
from tests import personas
from tests.browser.keyboard import Keyboard, is_ready
from tests.encounters.views.desk import a_clean_encounter, an_encounter_with_a_missing_stop
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]
PASSWORD = "a long word for tests"
WORDS = "the pump's record"


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


@pytest.fixture
def ana() -> User:
    cache.clear()
    user = personas.ana()
    user.set_password(PASSWORD)
    user.save()
    return user


def opened(page: Page, signed_in: SignIn, review: Review) -> None:
    signed_in(personas.ana())
    page.goto(f"/review/{review.encounter_id}/")
    expect(page.locator(".stop[aria-current]")).to_be_focused()


def edit(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("e")
    expect(page.get_by_label("Units")).to_be_focused()
    return page.locator(".line.edit form [name=reason]")


def reject(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("x")
    expect(page.locator(".line.edit form")).to_be_visible()
    return page.locator(".line.edit form [name=reason]")


def add(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("n")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    return page.locator(".line.edit form [name=reason]")


def what_if(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("t")
    expect(page.get_by_label("Stop", exact=True)).to_be_focused()
    return page.get_by_label("Source, for the addendum")


def ask(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("c")
    expect(page.get_by_label("To", exact=True)).to_be_focused()
    return page.get_by_label("To", exact=True)


def note(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("i")
    return page.locator("#note-text")


def pend(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("h")
    return page.locator("#pend[open] [name=note]")


def second_review(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("r")
    return page.locator("#second[open] [name=note]")


def accept(page: Page, keyboard: Keyboard) -> Locator:
    keyboard.press("Enter")
    return page.locator("#accept-dialog[open] [name=reason]")


FORMS = [edit, reject, add, what_if, ask, note, pend, second_review, accept]


def an_encounter_with_a_note() -> Review:
    """A finding blocks, and Ana has written a note: a second form of notes, to correct it, stands on the page."""
    review = an_encounter_with_a_missing_stop()
    said = {"anchor_kind": "encounter", "anchor": "", "anchor_words": ""}
    notes.write(review=review, text="asked by phone", user=personas.ana(), at=DAY_AFTER, **said)
    return review


def sign_in(page: Page, who: str = "ana") -> None:
    name = page.get_by_label("Name")
    expect(name).to_be_focused()
    name.fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("form", FORMS)
def test_a_session_that_ends_gives_it_back(
    page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User, form: Callable[[Page, Keyboard], Locator]
) -> None:
    page.clock.install()
    opened(page, signed_in, an_encounter_with_a_note())
    field = form(page, keyboard)
    field.fill(WORDS)
    page.context.clear_cookies()
    page.clock.fast_forward("10:00:00")
    sign_in(page)
    expect(page.get_by_text("What you had typed is back")).to_be_visible()
    expect(field).to_have_value(WORDS)
    expect(field).to_be_visible()
    assert not LineDecision.objects.exists()
    assert (Addendum.objects.count(), ClinicQuery.objects.count(), Note.objects.count()) == (0, 0, 1)


@pytest.mark.parametrize("form", [pend, second_review, accept])
def test_an_act_that_met_the_sign_in_page_is_there_again(
    page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User, form: Callable[[Page, Keyboard], Locator]
) -> None:
    review = an_encounter_with_a_note()
    opened(page, signed_in, review)
    field = form(page, keyboard)
    field.fill(WORDS)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    if form is pend:
        page.locator("#pend [name=reason]").first.check()
    field.press("Enter")
    sign_in(page)
    expect(page.get_by_text("What you had typed is back")).to_be_visible()
    expect(field).to_have_value(WORDS)
    assert Review.objects.get().version == review.version


def test_an_act_that_was_done_leaves_nothing_behind(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    review = a_clean_encounter()
    opened(page, signed_in, review)
    pend(page, keyboard).fill(WORDS)
    keyboard.press("Tab")
    page.locator("#pend [name=reason]").first.check()
    keyboard.press("Enter")
    page.wait_for_url("**/review/")
    is_ready(page)
    assert page.evaluate("sessionStorage.getItem('typed')") is None


def test_a_page_that_was_left_is_gone_back_to(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    opened(page, signed_in, a_clean_encounter())
    edit(page, keyboard).fill(WORDS)
    page.get_by_role("link", name="Queue", exact=True).first.click()
    page.wait_for_url("**/review/")
    page.go_back()
    expect(page.get_by_text("What you had typed is back; nothing of it is saved yet.")).to_be_visible()
    expect(page.locator(".line.edit form [name=reason]")).to_have_value(WORDS)
    assert not LineDecision.objects.exists()


def test_a_note_keeps_the_line_it_is_about(page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User) -> None:
    page.clock.install()
    opened(page, signed_in, a_clean_encounter())
    keyboard.press("j", "i")
    expect(page.get_by_label("On 96366")).to_be_focused()
    page.keyboard.type(WORDS)
    page.context.clear_cookies()
    page.clock.fast_forward("10:00:00")
    sign_in(page)
    field = page.get_by_label("On 96366")
    expect(field).to_have_value(WORDS)
    field.press("Enter")
    expect(page.locator("#notes")).to_contain_text(WORDS)
    assert (Note.objects.get().anchor_kind, Note.objects.get().anchor) == ("line", "96366-1")


def test_a_note_half_written_outlives_a_decision(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    opened(page, signed_in, a_clean_encounter())
    keyboard.press("i")
    keyboard.type_into(page.get_by_label("On 96365"), WORDS)
    keyboard.press("Escape")
    expect(page.locator("#lines .line").nth(0)).to_be_focused()
    keyboard.press("a")
    expect(page.locator("#lines .line.decided")).to_have_count(1)
    expect(page.get_by_label("On 96365")).to_have_value(WORDS)
    page.get_by_label("On 96365").press("Enter")
    expect(page.locator("#notes")).to_contain_text(WORDS)
    expect(page.locator("#note-text")).to_have_value("")
    assert Note.objects.get().anchor == "96365-1"


def test_what_is_tried_comes_along_when_a_change_is_taken_in(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    review = a_clean_encounter()
    opened(page, signed_in, review)
    what_if(page, keyboard).fill(WORDS)
    version = Review.objects.get(pk=review.pk).version
    decisions.accept_line(review=review, line_key="96365-1", user=personas.ana(), at=timezone.now(), version=version)
    page.get_by_role("link", name="Take it in").click()
    expect(page.get_by_text("What you had typed is back; nothing of it is saved yet.")).to_be_visible()
    expect(page.get_by_label("Source, for the addendum")).to_have_value(WORDS)
    expect(page.locator("#lines .line.decided")).to_have_count(1)


def test_what_has_no_form_any_more_is_printed(page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User) -> None:
    review = a_clean_encounter()
    page.clock.install()
    opened(page, signed_in, review)
    edit(page, keyboard).fill(WORDS)
    version = Review.objects.get(pk=review.pk).version
    states.accept(review=review, user=personas.ana(), at=timezone.now(), version=version)
    page.context.clear_cookies()
    page.clock.fast_forward("10:00:00")
    sign_in(page)
    expect(page.get_by_text(f"Its form is not here any more; you had typed: {WORDS}.")).to_be_visible()


def test_signing_in_in_another_tab_lets_the_act_be_done_again(
    page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User
) -> None:
    opened(page, signed_in, a_clean_encounter())
    reason = edit(page, keyboard)
    page.get_by_label("Units").fill("2")
    reason.fill(WORDS)
    page.locator(".line.edit form [name=reason_code]").first.check()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    reason.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Sign in in another tab, then do it again here")
    other = page.context.new_page()
    other.goto("/login/")
    sign_in(other)
    other.wait_for_url("**/review/")
    reason.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Do it again")
    expect(reason).to_have_value(WORDS)
    reason.press("Enter")
    expect(page.locator("#lines .line.decided")).to_have_count(1)
    assert LineDecision.objects.get().reason == WORDS
    other.close()


def test_somebody_else_who_signed_in_saves_nothing_of_it(
    page: Page, signed_in: SignIn, keyboard: Keyboard, ana: User
) -> None:
    opened(page, signed_in, a_clean_encounter())
    reason = edit(page, keyboard)
    page.get_by_label("Units").fill("2")
    reason.fill(WORDS)
    page.locator(".line.edit form [name=reason_code]").first.check()
    other = page.context.new_page()
    eve = personas.eve()
    eve.set_password(PASSWORD)
    eve.save()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    other.goto("/login/")
    sign_in(other, "eve")
    other.wait_for_url("**/review/")
    for _ in range(2):
        with page.expect_response("**/edit/") as answered:
            reason.press("Enter")
        assert answered.value.status == 403
        expect(page.locator("#messages")).to_contain_text("Nothing was saved")
    expect(reason).to_have_value(WORDS)
    assert not LineDecision.objects.exists()
    other.close()
