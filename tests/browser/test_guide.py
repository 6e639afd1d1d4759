"""Those who are new: help under F1, and the guided first encounter, by keyboard alone."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from encounters.models import AuditEvent, Encounter, KeyPreference
from tests import personas
from tests.browser.keyboard import Keyboard, is_ready

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def at_step(page: Page, number: int) -> None:
    expect(page.locator("#now")).to_contain_text(f"{number} of 13.")


def test_f1_opens_the_help_of_the_page_even_from_a_field(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    signed_in(personas.ana())
    page.goto("/review/")
    is_ready(page)
    keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keyboard.press("F1")
    expect(page.get_by_role("dialog", name="What this page is for")).to_contain_text("best next first")
    keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_own_account_is_explained_by_f1_and_left_with_escape(
    page: Page, signed_in: SignIn, keyboard: Keyboard
) -> None:
    signed_in(personas.ana())
    page.goto("/account/second-factor/")
    is_ready(page)
    keyboard.press("F1")
    expect(page.get_by_role("dialog", name="What this page is for")).to_contain_text("second factor")
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keyboard.press("Escape")
    page.wait_for_url("**/review/")


def test_the_first_encounter_is_worked_left_and_resumed(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    signed_in(personas.ana())
    page.goto("/guide/")
    is_ready(page)
    at_step(page, 1)
    keyboard.press("a", "w")
    at_step(page, 1)
    for number, key in enumerate(("j", "w", "k", "a", "e"), start=2):
        keyboard.press(key)
        at_step(page, number)
    keyboard.press("Enter")
    expect(page.locator("#now")).to_contain_text("Type a 2 over the 1 first")
    keyboard.type_into(page.get_by_label("Units"), "2")
    keyboard.press("Enter")
    at_step(page, 7)
    page.goto("/rules/")
    page.goto("/guide/")
    is_ready(page)
    at_step(page, 7)
    keyboard.press("2")
    at_step(page, 7)
    keyboard.press("3")
    at_step(page, 8)
    expect(page.locator("#sample li").nth(1)).to_contain_text("×2, suggested ×1")
    for number, key in enumerate(("v", "h", "Escape", "?", "Escape"), start=9):
        keyboard.press(key)
        at_step(page, number)
    keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert not Encounter.objects.exists()
    assert not AuditEvent.objects.exclude(tag="access:session:signed_in").exists()
    keyboard.press("Enter")
    page.wait_for_url("**/review/")


def test_the_steps_are_in_the_persons_own_keys(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    KeyPreference.objects.create(user=personas.ana(), strokes={"line_down": "m"})
    signed_in(personas.ana())
    page.goto("/guide/")
    is_ready(page)
    expect(page.locator(".steps kbd").first).to_have_text("m")
    keyboard.press("m")
    at_step(page, 2)
