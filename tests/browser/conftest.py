"""A real Chromium, for journeys that only a browser can take."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MILLISECONDS = 30_000
"""A page may take this long: the machine may be slow and busy with other things."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder carries the mark, so that `-m "not browser"` leaves them out."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium. Without one the tests are skipped, or fail where REQUIRE_BROWSER is set."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        words = f"no Chromium on the path (none of {', '.join(NAMES)}): browser tests did not run"
        if os.environ.get("REQUIRE_BROWSER", "") not in {"", "0"}:
            pytest.fail(f"REQUIRE_BROWSER is set, and there is {words}")
        pytest.skip(words)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """One browser for all tests of this process."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    # Playwright's loop runs in the test's thread, where Django would refuse to touch the database.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # Chromium refuses its sandbox to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: "Browser", live_server: "LiveServer") -> Iterator["BrowserContext"]:
    """A visitor nobody knows yet, before the site on a real port and a database whose commits are real."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(context: "BrowserContext") -> Iterator["Page"]:
    """A page in which nothing may go wrong unseen: an error of a script, or a refusal by the policy, fails the test."""
    page = context.new_page()
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(f"script error: {error}"))
    page.on("console", lambda words: wrongs.append(words.text) if "Content Security Policy" in words.text else None)
    yield page
    assert wrongs == []


@pytest.fixture
def signed_in(context: "BrowserContext", live_server: "LiveServer") -> Callable[["User"], None]:
    """Signs a user in without the form: `signed_in(user)` before `page.goto(...)`."""
    from django.conf import settings
    from django.test import Client

    def sign_in(user: "User") -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return sign_in
