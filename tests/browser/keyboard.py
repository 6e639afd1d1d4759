"""Hands on a keyboard: every key is counted, and none is pressed before the page can hear it."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


def is_ready(page: Page) -> None:
    """Waits until the scripts of the page have run."""
    expect(page.locator("body[data-ready]")).to_have_count(1)


@dataclass
class Keyboard:
    """Presses keys in a page and counts them."""

    page: Page
    pressed: int = 0

    def press(self, *keys: str) -> None:
        """Presses each key in turn; nothing else touches the page."""
        is_ready(self.page)
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type_into(self, field: Locator, words: str) -> None:
        """Types words, uncounted, once the field has the focus; the keys before have to bring it there."""
        is_ready(self.page)
        expect(field).to_be_focused()
        self.page.keyboard.type(words)
