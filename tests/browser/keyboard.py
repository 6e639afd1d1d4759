"""Hands on a keyboard: every key is counted."""

from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass
class Keyboard:
    """Presses keys in a page and counts them."""

    page: Page
    pressed: int = 0

    def press(self, *keys: str) -> None:
        """Presses each key in turn; nothing else touches the page."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1
