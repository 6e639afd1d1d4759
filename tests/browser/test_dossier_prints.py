"""The dossier opens from a disk and fits the width of a printed page."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests import personas
from tests.encounters.sampling.accepted import accepted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.django_db(transaction=True)

PRINTED_WIDTH = 688
"""Pixels of 1/96 inch between the margins of an A4 page."""


def test_nothing_stands_beyond_the_page(browser: "Browser", tmp_path: Path) -> None:
    (review,) = accepted(is_coded=True)
    client = Client()
    client.force_login(personas.finn())
    file = tmp_path / "dossier.html"
    file.write_bytes(client.get(f"/audit/dossier/{review.encounter_id}/").content)
    context = browser.new_context(viewport={"width": PRINTED_WIDTH, "height": 1000}, offline=True)
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    beyond = page.evaluate(
        f"""() => [...document.querySelectorAll("body *")]
            .filter((each) => each.getBoundingClientRect().right > {PRINTED_WIDTH} + 1)
            .map((each) => each.tagName + " " + each.textContent.slice(0, 40))"""
    )
    context.close()
    assert beyond == []
