"""Every page has its picture: whoever adds a page to the list of pages says how it is photographed."""

from docs.screenshot_pages import PICTURES
from tests.browser.pages import PAGES


def test_every_page_has_a_picture() -> None:
    missing = [name for name in PAGES if name.replace(" ", "-") not in PICTURES]

    assert missing == [], "say in docs/screenshot_pages.py who sees it and where it is"
