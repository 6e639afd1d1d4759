from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from drugs.cms.files import FileKind
from drugs.models import Group
from tests import personas
from tests.drugs.formulary.imports.acts import compared, found
from tests.factories.cms import price_file

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = (
    ("J3370", "Vancomycin hcl injection", "500 MG", "3.021"),
    ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061"),
)


class TestAnImport:
    def test_is_decided_row_by_row_without_the_mouse(self, page: Page, signed_in: Callable[[User], None]) -> None:
        sent = compared(price_file("2025Q3", *ROWS), kind=FileKind.ASP_PRICING)
        signed_in(personas.cleo())
        page.goto(f"/drugs/imports/{sent.pk}/?group=price_new")
        rows = page.locator("[data-row]")
        expect(rows).to_have_count(3)
        page.keyboard.press("j")
        expect(rows.nth(0)).to_be_focused()
        page.keyboard.press("a")
        expect(rows.nth(0)).to_contain_text("Approved")
        expect(rows.nth(1)).to_be_focused()
        page.keyboard.press("x")
        reason = rows.nth(1).locator("input[name=reason]")
        expect(reason).to_be_focused()
        page.keyboard.type("looks wrong")
        page.keyboard.press("Enter")
        expect(rows.nth(1)).to_contain_text("Withheld")
        expect(rows.nth(2)).to_be_focused()
        decided = dict(found(sent).filter(group=Group.PRICE_NEW).values_list("code", "decision"))
        assert decided == {"J3370": "approved", "J3373": "withheld", "Q9999": "open"}

    def test_is_decided_by_the_group_without_the_mouse(self, page: Page, signed_in: Callable[[User], None]) -> None:
        sent = compared(price_file("2025Q3", *ROWS), kind=FileKind.ASP_PRICING)
        signed_in(personas.cleo())
        page.goto(f"/drugs/imports/{sent.pk}/?group=price_new")
        expect(page.get_by_role("button", name="Approve 3 without a conflict")).to_be_visible()
        page.keyboard.press("Shift+A")
        expect(page.get_by_text("3 approved.")).to_be_visible()
        assert set(found(sent).filter(group=Group.PRICE_NEW).values_list("decision", flat=True)) == {"approved"}
