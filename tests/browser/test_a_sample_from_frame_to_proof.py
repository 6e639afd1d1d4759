"""An audit sample is drawn, reviewed blind by two people, scored, exported, verified and drawn again offline."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from encounters.models import AuditEvent, Sample, SampleLock
from tests import personas
from tests.browser.keyboard import Keyboard
from tests.encounters.sampling.accepted import accepted

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], None]
RIGHT = ("96365", "96366", "J0690")
NUMBER = 3


def code_blind(page: Page, keyboard: Keyboard, codes: tuple[str, ...], *, units: dict[str, str]) -> None:
    """The auditor types their lines by keyboard, and locks with a key."""
    expect(page.get_by_text("covered until you reveal")).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("96365")
    for number, code in enumerate(codes):
        keyboard.press("n")
        field = page.locator("[name=code]").nth(number)
        keyboard.type_into(field, code)
        keyboard.press("Tab")
        unit = page.locator("[name=units]").nth(number)
        keyboard.type_into(unit, units.get(code, "1"))
        keyboard.press("Escape")
        expect(unit).not_to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_text("Revealed", exact=True)).to_be_visible()


def test_one_sample(page: Page, context: BrowserContext, signed_in: SignIn, tmp_path: Path) -> None:
    finals = {
        line.code: str(line.units) for review in accepted(NUMBER, is_coded=True) for line in review.final_lines.all()
    }
    keyboard = Keyboard(page)
    finn, kim = personas.finn(), personas.kim()

    signed_in(finn)
    page.goto("/audit/samples/")
    keyboard.press("n")
    page.wait_for_url("**/samples/new/")
    page.get_by_label("Name", exact=True).fill("Fourth quarter")
    page.get_by_label("Planned for").select_option("own")
    page.get_by_label("Number of your own").fill(str(NUMBER))
    page.get_by_label("Reason for it").fill("every one that there is")
    page.get_by_label("Auditor", exact=True).select_option("finn")
    page.get_by_label("Second auditor, for κ").select_option("kim")
    page.get_by_label("Read twice").fill(str(NUMBER))
    page.get_by_role("button", name="Show the counts").click()
    expect(page.get_by_text(f"{NUMBER} accepted encounters")).to_be_visible()
    page.get_by_role("button", name=f"Draw {NUMBER} of {NUMBER}").click()
    expect(page.get_by_text("drawn again: the same")).to_be_visible()
    sample = Sample.objects.get()

    # The first auditor misses the second hour of one encounter, and disagrees; the second finds what the coder found.
    for position in range(1, NUMBER + 1):
        page.goto(f"/audit/samples/{sample.pk}/next/")
        expect(page.get_by_text(f"Encounter {position} of {NUMBER}")).to_be_visible()
        code_blind(page, keyboard, RIGHT if position > 1 else ("96365", "J0690"), units=finals)
        if position == 1:
            row = page.locator("#row-2")
            row.get_by_label("Reason").fill("the second hour is not documented")
            row.get_by_role("button", name="Disagree", exact=True).click()
            expect(page.locator("#row-2")).to_contain_text("disagreed")
    signed_in(kim)
    for _ in range(NUMBER):
        page.goto(f"/audit/samples/{sample.pk}/next/")
        code_blind(page, keyboard, RIGHT, units=finals)
    assert SampleLock.objects.count() == 2 * NUMBER

    page.goto(f"/audit/samples/{sample.pk}/")
    lines = page.get_by_role("row").filter(has_text="Line exact")
    expect(lines).to_contain_text(f"{3 * NUMBER - 1} of {3 * NUMBER}")
    expect(page.get_by_role("row").filter(has_text="Encounter exact").first).to_contain_text(
        f"{NUMBER - 1} of {NUMBER}"
    )
    expect(page.get_by_role("row").filter(has_text="κ")).to_contain_text(f"{NUMBER} encounters read twice")
    with page.expect_download() as download:
        keyboard.press("e")
    file = tmp_path / "sample.zip"
    download.value.save_as(file)
    assert AuditEvent.objects.filter(tag="audit:sample:exported", actor=kim).count() == 1

    with zipfile.ZipFile(file) as archive:
        script = Path(archive.extract("verify_sample.py", tmp_path))
    # Isolated, in an empty environment: nothing of the application is within reach.
    offline = [sys.executable, "-I", str(script), str(file)]
    found = subprocess.run(offline, capture_output=True, text=True, check=False, env={}, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(rf"holds\s+the {NUMBER} units are drawn again, in the same order", found.stdout)
    assert "holds   every score of the final lines is computed again" in found.stdout
