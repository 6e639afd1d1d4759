"""What holds of every page: no barrier that axe-core knows, no sideways scrolling, at 1280×720 and at 200 %."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.browser.keyboard import is_ready
from tests.browser.pages import PAGES, Clinic

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path(__file__).parent / "axe"
SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
# What still moves is drawn in between: its colours are nobody's.
LOOK = """async (where) => {
    await Promise.allSettled(document.getAnimations().map((each) => each.finished));
    return axe.run(where || document, {resultTypes: ["violations"]});
}"""
# What opens on a page: the page, the key that opens it, and what has opened.
OPENED = (
    ("workbench with findings", "w", ".steps-of:not([hidden])"),
    ("workbench with findings", "e", ".line.edit"),
    ("workbench with findings", "n", "#line-new"),
    ("workbench with findings", "t", "#panel > section"),
    ("workbench with findings", "c", "#panel > section"),
    ("workbench with findings", "h", "#pend[open]"),
    ("workbench with findings", "r", "#second[open]"),
    ("workbench with findings", "Enter", "#accept-dialog[open]"),
    ("workbench with findings", "?", "#keys[open]"),
    ("workbench with findings", "F1", "#help[open]"),
    ("queue", "Control+k", "#palette[open]"),
    ("queue", "n", "#panel[open] form"),
)
SideBySide = tuple[str, dict[str, Any]]
SIZES: tuple[SideBySide, ...] = (
    ("1280x720", {"viewport": {"width": 1280, "height": 720}}),
    ("200 %", {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2}),
)


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core as its lock file pins it, fetched once. Without npm it is as without a Chromium."""
    if not SCRIPT.exists():
        npm = shutil.which("npm")
        words = "no npm on the path, to fetch axe-core with: pages were not checked for barriers"
        if npm:
            done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=AXE, capture_output=True, check=False)
            words = f"npm could not fetch axe-core: {done.stderr.decode()[-500:]}"
        if not SCRIPT.exists():
            if os.environ.get("REQUIRE_BROWSER", "") not in {"", "0"}:
                pytest.fail(f"REQUIRE_BROWSER is set, and {words}")
            pytest.skip(words)
    return SCRIPT.read_text(encoding="utf-8")


@pytest.fixture
def clinic() -> Clinic:
    return pages.clinic()


@pytest.fixture
def here(browser: "Browser", live_server: "LiveServer") -> Iterator[Callable[..., "BrowserContext"]]:
    """Opens a browser of a size or theme of its own: `here(color_scheme="dark")`."""
    opened: list[BrowserContext] = []

    def open_context(**options: Any) -> "BrowserContext":
        # The script of axe-core is run by the test, which the policy of the pages would not let a page do.
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


def sign_in(context: "BrowserContext", user: User, address: str) -> None:
    """As `user`, without the form, and with the password said just now."""
    client = Client()
    client.force_login(user)
    _bring(context, client, address)


def half_sign_in(context: "BrowserContext", user: User, address: str) -> None:
    """As `user`, whose password was right, and whose code is asked for."""
    # From an address of its own: those who try passwords in other tests may have shut this machine's for a minute.
    client = Client(REMOTE_ADDR="198.51.100.7")
    answer = client.post("/login/", {"login": user.username, "password": pages.PASSWORD})
    assert answer.headers["Location"].startswith("/login/second-factor/")
    _bring(context, client, address)


def _bring(context: "BrowserContext", client: Client, address: str) -> None:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])


def visited(context: "BrowserContext", clinic: Clinic, live_server: "LiveServer") -> Iterator[tuple[str, Page]]:
    """Each page in turn, ready, as whoever sees it."""
    page = context.new_page()
    apart = (*pages.BEFORE_SIGN_IN, *pages.BETWEEN_STEPS, *pages.WITH_SECOND_FACTOR)
    for names, become in (
        (pages.BEFORE_SIGN_IN, lambda: None),
        (pages.BETWEEN_STEPS, lambda: half_sign_in(context, clinic.guarded, live_server.url)),
        (pages.WITH_SECOND_FACTOR, lambda: sign_in(context, clinic.guarded, live_server.url)),
        ([name for name in PAGES if name not in apart], lambda: sign_in(context, clinic.user, live_server.url)),
    ):
        become()
        for name in names:
            page.goto(clinic.address(name))
            is_ready(page)
            # The page itself, and not one that it sends elsewhere.
            assert page.url.endswith(clinic.address(name)), f"{name} leads to {page.url}"
            yield name, page


class TestList:
    def test_knows_every_address(self) -> None:
        assert pages.undeclared() == [], "declare in tests/browser/pages.py how one gets there, or why it is no page"

    def test_names_no_address_that_is_gone(self) -> None:
        assert pages.gone() == []


def opened(page: Page, clinic: Clinic) -> Iterator[str]:
    """Each thing that a key opens, open, by its place."""
    shown = ""
    for name, key, place in OPENED:
        if name != shown:
            page.goto(clinic.address(name))
            is_ready(page)
            shown = name
        page.keyboard.press(key)
        expect(page.locator(place).first).to_be_visible()
        yield place
        page.keyboard.press("w" if key == "w" else "Escape")
        expect(page.locator(place)).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_barrier(
    theme: str, axe: str, clinic: Clinic, here: Callable[..., "BrowserContext"], live_server: "LiveServer"
) -> None:
    wrongs: list[str] = []
    context = here(color_scheme=theme, viewport={"width": 1280, "height": 720})

    def look(page: Page, name: str, where: str | None = None) -> None:
        page.evaluate(axe)
        found = page.evaluate(LOOK, where)
        assert found["passes"], f"{name} was not looked at"
        wrongs.extend(
            f"{name}: {each['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
            for each in found["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"][:3]
        )

    for name, page in visited(context, clinic, live_server):
        look(page, name)
    for place in opened(page, clinic):
        look(page, place, place)
    assert wrongs == [], "\n".join(wrongs)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size[0])
def test_no_page_scrolls_sideways(
    size: SideBySide, clinic: Clinic, here: Callable[..., "BrowserContext"], live_server: "LiveServer"
) -> None:
    wide = []
    for name, page in visited(here(**size[1]), clinic, live_server):
        over = page.evaluate(
            """() => {
                const root = document.documentElement;
                if (root.scrollWidth <= root.clientWidth) return null;
                const most = [...document.querySelectorAll("body *")]
                    .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1).slice(-1)[0];
                return `${root.scrollWidth} > ${root.clientWidth}, by ${most?.outerHTML.slice(0, 120)}`;
            }"""
        )
        if over:
            wide.append(f"{name}: {over}")
    assert wide == [], "\n".join(wide)
