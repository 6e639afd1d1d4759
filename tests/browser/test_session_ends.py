"""A session that ends while somebody is typing: it warns, it can be kept, and nothing typed is lost."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from playwright.sync_api import Page, expect

from encounters.models import Note
from tests import personas
from tests.encounters.views.desk import a_clean_encounter

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long word for tests"
SignIn = Callable[[User], None]


@pytest.fixture
def ana(settings: object) -> User:
    cache.clear()
    user = personas.ana()
    user.set_password(PASSWORD)
    user.save()
    return user


def typing(page: Page, words: str) -> None:
    """The form for a correction is open, and something is typed into it."""
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    field = dialog.locator("input[name=note]")
    field.fill(words)


class TestSession:
    def test_that_ends_gives_back_what_was_typed(
        self, page: Page, signed_in: SignIn, ana: User, settings: object
    ) -> None:
        page.clock.install()
        review = a_clean_encounter()
        signed_in(ana)
        page.goto(f"/review/{review.encounter_id}/")
        expect(page.locator("body[data-ready]")).to_be_attached()
        typing(page, "waits for the pump record")
        settings.SESSION_IDLE_SECONDS = 0
        page.clock.fast_forward("31:00")
        expect(page.get_by_text("You were signed out because nothing was done")).to_be_visible()
        settings.SESSION_IDLE_SECONDS = 1800
        name = page.get_by_label("Name")
        expect(name).to_be_focused()
        name.fill("ana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("What you had typed is back")).to_be_visible()
        expect(page.locator("dialog[open] input[name=note]")).to_have_value("waits for the pump record")
        assert page.evaluate("sessionStorage.getItem('typed')") is None
        assert not Note.objects.exists()

    def test_that_is_about_to_end_is_kept_by_a_press(self, page: Page, signed_in: SignIn, ana: User) -> None:
        page.clock.install()
        review = a_clean_encounter()
        signed_in(ana)
        page.goto(f"/review/{review.encounter_id}/")
        expect(page.locator("body[data-ready]")).to_be_attached()
        warning = page.locator("#session-ends[open]")
        expect(warning).to_have_count(0)
        page.clock.fast_forward("28:30")
        expect(warning).to_contain_text("You will be signed out in 1:")
        with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/session/")):
            page.get_by_role("button", name="Stay signed in").click()
        expect(warning).to_have_count(0)
        page.clock.fast_forward("20:00")
        expect(page.locator("body[data-ready]")).to_be_attached()
        expect(warning).to_have_count(0)

    def test_gives_nothing_to_somebody_else(self, page: Page, signed_in: SignIn, ana: User) -> None:
        review = a_clean_encounter()
        signed_in(ana)
        page.goto(f"/review/{review.encounter_id}/")
        kept = json.dumps({"who": "0", "path": f"/review/{review.encounter_id}/", "forms": []})
        page.evaluate("(kept) => sessionStorage.setItem('typed', kept)", kept)
        page.reload()
        expect(page.locator("body[data-ready]")).to_be_attached()
        expect(page.get_by_text("What you had typed is back")).to_have_count(0)
        assert page.evaluate("sessionStorage.getItem('typed')") is None
