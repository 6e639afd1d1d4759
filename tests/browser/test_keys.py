"""Keys that a person changed, switched off, or finds by the palette; focus that outlives a swap."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from encounters.models import KeyPreference, LineDecision
from tests import personas
from tests.browser.keyboard import Keyboard, is_ready
from tests.encounters.views.desk import a_clean_encounter

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def opened(page: Page) -> None:
    page.goto(f"/review/{a_clean_encounter().encounter_id}/")
    expect(page.locator(".line[aria-current]")).to_be_focused()
    is_ready(page)


class TestOwnKeys:
    def test_are_heard_and_printed_and_the_old_one_is_not(
        self, page: Page, signed_in: SignIn, keyboard: Keyboard
    ) -> None:
        KeyPreference.objects.create(user=personas.ana(), strokes={"line_accept": "m"})
        signed_in(personas.ana())
        opened(page)
        expect(page.locator("footer [data-press=a] kbd")).to_have_text("m")
        keyboard.press("a", "m")
        expect(page.locator("#lines .line.decided")).to_have_count(1)
        expect(page.locator("#lines .line").nth(1)).to_be_focused()
        expect(page.locator("footer [data-press=a] kbd")).to_have_text("m")
        assert LineDecision.objects.count() == 1

    def test_are_changed_on_their_page(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        page.goto("/keys/")
        field = page.get_by_label("Key for “accept the line”, on a line")
        field.focus()
        field.select_text()
        keyboard.type_into(field, "e")
        keyboard.press("Enter")
        expect(page.locator("#messages")).to_contain_text("“edit it” already")
        expect(field).to_have_value("a")
        field.fill("m")
        field.press("Enter")
        expect(page.locator("#messages")).to_contain_text("is m from now on")
        keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys of this page")).to_be_visible()

    def test_do_nothing_once_switched_off(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        KeyPreference.objects.create(user=personas.ana(), is_on=False)
        signed_in(personas.ana())
        opened(page)
        keyboard.press("a", "h", "?", "g", "q", "1")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator("footer [data-press=a] kbd")).to_be_hidden()
        keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="An act, a page")).to_be_focused()
        page.keyboard.type("accept the line")
        keyboard.press("Enter")
        expect(page.locator("#lines .line.decided")).to_have_count(1)
        assert LineDecision.objects.count() == 1

    def test_are_letters_in_a_field(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        opened(page)
        keyboard.press("/")
        keyboard.type_into(page.get_by_role("searchbox"), "ah?")
        expect(page.get_by_role("searchbox")).to_have_value("ah?")
        expect(page.locator("dialog[open]")).to_have_count(0)


class TestPalette:
    def words(self, page: Page, keyboard: Keyboard, said: str) -> None:
        keyboard.press("Control+k")
        keyboard.type_into(page.get_by_role("combobox", name="An act, a page"), said)

    def test_prints_each_key_and_does_the_act(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        opened(page)
        self.words(page, keyboard, "pend")
        option = page.get_by_role("option", name="pend, then a digit")
        expect(option).to_have_attribute("aria-selected", "true")
        expect(option.locator("kbd")).to_have_text("h")
        keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Pend")).to_be_visible()

    def test_finds_encounters_drugs_and_rules(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        review = a_clean_encounter()
        page.goto("/rules/")
        self.words(page, keyboard, "cefazolin")
        expect(page.get_by_role("group", name="Drugs").get_by_role("option")).to_have_count(1)
        encounter = page.get_by_role("group", name="Encounters").get_by_role("option")
        expect(encounter).to_have_attribute("aria-selected", "true")
        keyboard.press("Enter")
        page.wait_for_url(f"**/review/{review.encounter_id}/")
        self.words(page, keyboard, "A1")
        expect(page.get_by_role("group", name="Rules").get_by_role("option").first).to_contain_text("A1")
        keyboard.press("ArrowUp")
        expect(page.get_by_role("group", name="Rules").get_by_role("option").last).to_have_attribute(
            "aria-selected", "true"
        )
        keyboard.press("Enter")
        page.wait_for_url("**/rules/#rule-A1")

    def test_goes_to_pages(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        page.goto("/rules/")
        self.words(page, keyboard, "Intake")
        expect(page.get_by_role("group", name="Pages").get_by_role("option")).to_have_count(1)
        keyboard.press("Enter")
        page.wait_for_url("**/intake/")

    def test_is_left_by_a_fast_hand_that_loses_no_key(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        page.goto("/review/")
        self.words(page, keyboard, "")
        # In one breath: the browser draws nothing between the two.
        page.evaluate(
            """() => {
                document.getElementById("palette").close();
                const key = new KeyboardEvent("keydown", {key: "n", bubbles: true, cancelable: true});
                document.activeElement.dispatchEvent(key);
            }"""
        )
        expect(page.locator("#panel[open] form")).to_be_visible()

    def test_gives_the_focus_back(self, page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
        signed_in(personas.ana())
        opened(page)
        self.words(page, keyboard, "nothing is called that")
        expect(page.locator("#palette-count")).to_contain_text("Nothing fits")
        keyboard.press("Escape")
        expect(page.locator(".line[aria-current]")).to_be_focused()


def test_the_sheet_prints_the_keys_of_the_page(page: Page, signed_in: SignIn, keyboard: Keyboard) -> None:
    signed_in(personas.ana())
    opened(page)
    keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this page")
    expect(dialog).to_contain_text("accept the line")
    expect(dialog).not_to_contain_text("row down")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    keyboard.press("Escape")
    expect(page.locator(".line[aria-current]")).to_be_focused()


def test_nothing_is_named_by_a_key_alone(page: Page, signed_in: SignIn) -> None:
    signed_in(personas.ana())
    opened(page)
    for button in page.get_by_role("button").all():
        assert re.search(r"\w{2}", button.inner_text() or button.get_attribute("aria-label") or "")
