import gzip
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from drugs import consequences, tasks
from drugs.cms.files import FileKind
from drugs.consequences import Affected, ProposedChange
from drugs.formulary import imports
from drugs.models import FormularyImport, FormularyRelease, Group, ImportAct, ImportDifference, ImportState
from tests import personas
from tests.drugs.formulary.imports.acts import AT, all_approved, compared, found, published, second_person
from tests.factories.cms import crosswalk_file, price_file

pytestmark = pytest.mark.django_db

PRICING = FileKind.ASP_PRICING
ROW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")
OTHER = (*ROW[:2], "1 MG", "0.007")
FILE = price_file("2025Q3", ROW)


@pytest.fixture(autouse=True)
def _on_20_june() -> object:
    with time_machine.travel(AT, tick=False):
        yield


def signed_in(who: Callable[[], User] = personas.cleo) -> Client:
    client = Client()
    client.force_login(who())
    return client


def send(client: Client, content: bytes, *, kind: str = "asp_pricing", quarter: str = "2025Q3") -> Any:
    """The file is sent through the page, and a worker takes it at once."""

    def at_once(*, import_id: int) -> None:
        tasks.read_import(import_id=import_id)

    file = SimpleUploadedFile("sent.csv", content)
    with (
        patch.object(tasks, "nudge_import", at_once),
        patch.object(tasks.count_affected, "delay", tasks.count_affected),
    ):
        return client.post(reverse("drugs:imports"), {"file": file, "kind": kind, "quarter": quarter})


def unit_changed() -> FormularyImport:
    published(price_file("2025Q3", ROW), kind=PRICING)
    return compared(price_file("2025Q4", OTHER), kind=PRICING, quarter="2025Q4")


def pages(sent: FormularyImport) -> list[str]:
    names = ("drugs:import", "drugs:import-progress", "drugs:import-conflicts", "drugs:import-encounters")
    return [reverse("drugs:imports"), *(reverse(name, args=[sent.pk]) for name in names)]


class TestEveryPage:
    def test_opens_for_those_who_maintain_the_formulary_and_nobody_else(self) -> None:
        sent = compared(FILE, kind=PRICING)
        for who in personas.EVERYBODY:
            expected = 200 if who is personas.cleo else 403
            for address in pages(sent):
                assert signed_in(who).get(address).status_code == expected, (who.__name__, address)

    def test_stands_in_the_navigation_of_those_people(self) -> None:
        address = f'href="{reverse("drugs:imports")}"'
        assert address in signed_in().get(reverse("drugs:index")).content.decode()
        assert address not in signed_in(personas.ana).get(reverse("drugs:index")).content.decode()

    def test_acts_are_refused_to_everybody_else(self) -> None:
        sent = compared(FILE, kind=PRICING)
        for name in ("decide", "publish", "roll-back", "abandon", "compare"):
            address = reverse(f"drugs:import-{name}", args=[sent.pk])
            answer = signed_in(personas.ana).post(address, {"verb": "approve", "group": "price_new", "reason": "x"})
            assert answer.status_code == 403, name
        assert ImportAct.objects.count() == 1


class TestUpload:
    def test_leads_to_the_import_with_its_differences(self) -> None:
        client = signed_in()
        answer = send(client, FILE)
        sent = FormularyImport.objects.get()
        assert answer.headers["Location"] == reverse("drugs:import", args=[sent.pk])
        page = client.get(answer.headers["Location"]).content.decode()
        assert "New codes" in page
        assert "J3373" in page

    def test_refuses_a_quarter_that_is_none(self) -> None:
        answer = send(signed_in(), FILE, quarter="spring")
        assert answer.status_code == 422
        assert "A quarter is written as 2026Q1." in answer.content.decode()

    @pytest.mark.parametrize(
        ("content", "place", "why"),
        [
            (b"".join(FILE.splitlines(keepends=True)[:-1]), "line", "it was cut"),
            (gzip.compress(FILE)[:-20], "sent.csv", ""),
            (price_file("2025Q4", ROW), "above the columns", "the file is for 2025Q4, and 2025Q3 was expected"),
            (crosswalk_file("2025Q3"), "sent.csv", "ASP pricing was expected"),
            (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "line 1", "web page"),
            (price_file("2025Q3", ("J3373", "=HYPERLINK(1)", "10 MG", "0.061")), "line 6", "formula"),
            (b"\0" * 100_000, "sent.csv", ""),
        ],
        ids=["truncated", "broken gzip", "wrong quarter", "another kind", "html", "formula", "zeros"],
    )
    def test_refuses_a_bad_file_with_place_and_reason(self, content: bytes, place: str, why: str) -> None:
        client = signed_in()
        page = client.get(send(client, content).headers["Location"]).content.decode()
        sent = FormularyImport.objects.get()
        assert sent.state == ImportState.REFUSED, page
        assert place in sent.error_place
        assert why in sent.error
        assert sent.error.split("“")[0][:60] in page.replace("&#x27;", "'").replace("&quot;", '"')
        assert not ImportDifference.objects.exists()
        assert not FormularyRelease.objects.exists()

    def test_refuses_a_zip_bomb(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
            bomb.writestr("prices.csv", b"\0" * (400 * 1024 * 1024))
        client = signed_in()
        send(client, packed.getvalue())
        sent = FormularyImport.objects.get()
        assert (sent.state, sent.error != "") == (ImportState.REFUSED, True)

    def test_says_that_a_file_was_sent_before(self) -> None:
        client = signed_in()
        send(client, FILE)
        answer = send(client, FILE)
        assert answer.status_code == 422
        assert "This file was sent before" in answer.content.decode()

    def test_refuses_an_empty_and_a_large_file(self) -> None:
        assert "The file is empty." in send(signed_in(), b"").content.decode()
        with patch("drugs.forms.imports.LARGEST", 10):
            assert "none of the publishers" in send(signed_in(), FILE).content.decode()
        assert not FormularyImport.objects.exists()


class TestProgress:
    def test_is_asked_for_until_the_import_is_read(self) -> None:
        client = signed_in()
        with patch.object(tasks, "nudge_import", lambda **_: None):
            client.post(
                reverse("drugs:imports"),
                {"file": SimpleUploadedFile("a.csv", FILE), "kind": "asp_pricing", "quarter": "2025Q3"},
            )
        sent = FormularyImport.objects.get()
        page = client.get(reverse("drugs:import", args=[sent.pk])).content.decode()
        assert "Waits for a worker" in page
        assert reverse("drugs:import-progress", args=[sent.pk]) in page
        assert "HX-Refresh" not in client.get(reverse("drugs:import-progress", args=[sent.pk])).headers
        imports.read(import_id=sent.pk, at=AT)
        answer = client.get(reverse("drugs:import-progress", args=[sent.pk]))
        assert answer.headers["HX-Refresh"] == "true"


class TestCount:
    def test_is_waited_for_by_the_button_that_publishes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent = compared(FILE, kind=PRICING)
        all_approved(sent)
        monkeypatch.setattr(consequences, "_registered", [Holder()])
        client, address = signed_in(), reverse("drugs:import-count", args=[sent.pk])
        page = client.get(reverse("drugs:import", args=[sent.pk])).text
        assert f'hx-get="{address}"' in page
        assert button(page).count('aria-disabled="true"') == 1
        assert 'id="publish"' not in client.get(address).text
        answer = client.post(reverse("drugs:import-publish", args=[sent.pk]), follow=True)
        assert "still being counted" in answer.text
        imports.count_affected(import_id=sent.pk, at=AT)
        counted = client.get(address).text
        assert "hx-get" not in counted
        assert "−12.50" in counted
        assert 'hx-swap-oob="true"' in button(counted)
        assert "aria-disabled" not in button(counted)


class Holder:
    """Holds encounters, and knows what becomes of them."""

    def holds_any(self) -> bool:
        return True

    def affected(self, change: ProposedChange, *, examples: int) -> Affected:
        return Affected(open_ids=(7, 8), accepted_ids=(), dollars=Decimal("-12.5"))


def button(page: str) -> str:
    """The button that publishes, up to its words."""
    start = page.index('id="publish"')
    return page[start : page.index(">Publish", start)]


class TestDifferences:
    def test_a_changed_unit_size_stands_first_and_in_red(self) -> None:
        page = signed_in().get(reverse("drugs:import", args=[unit_changed().pk])).content.decode()
        assert 'class="alarm"' in page
        assert "<del>10 mg</del> <ins>1 mg</ins>" in page

    def test_thousands_of_rows_are_paged_filtered_and_searched_in_few_queries(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        rows = [(f"J{number}", "Example", "10 MG", "1.000") for number in range(1000, 3000)]
        sent = compared(price_file("2025Q3", *rows), kind=PRICING)
        client = signed_in()
        address = reverse("drugs:import", args=[sent.pk])
        with django_assert_max_num_queries(16):
            page = client.get(address, {"group": "price_new", "page": 2}).content.decode()
        assert "101 to 200 of 2001" in page
        assert page.count("data-row") == 100
        hit = client.get(address, {"group": "price_new", "q": "J2345"}).content.decode()
        assert hit.count("data-row") == 1
        assert "No row fits this filter" in client.get(address, {"q": "nothing"}).content.decode()

    def test_a_fragment_answers_htmx(self) -> None:
        sent = compared(FILE, kind=PRICING)
        answer = signed_in().get(reverse("drugs:import", args=[sent.pk]), headers={"HX-Request": "true"})
        assert answer.content.decode().lstrip().startswith('<div class="work" id="work">')


class TestDecide:
    def post(self, client: Client, sent: FormularyImport, **sends: object) -> Any:
        return client.post(reverse("drugs:import-decide", args=[sent.pk]), {"shown_group": "price_new", **sends})

    def test_a_group_then_publish_then_roll_back(self) -> None:
        sent = compared(FILE, kind=PRICING)
        first, second = signed_in(), signed_in(second_person)
        for client in (first, second):
            for group in ("price_new", "code_new"):
                self.post(client, sent, verb="approve", group=group)
        answer = first.post(reverse("drugs:import-publish", args=[sent.pk]), follow=True)
        sent.refresh_from_db()
        assert sent.state == ImportState.PUBLISHED
        assert f"Published as version <b>{sent.release.version}</b>" in answer.content.decode()
        answer = second.post(reverse("drugs:import-roll-back", args=[sent.pk]), {"reason": "misprint"}, follow=True)
        sent.refresh_from_db()
        assert sent.state == ImportState.ROLLED_BACK
        assert "misprint" in answer.content.decode()

    def test_says_why_the_same_person_cannot_be_the_second(self) -> None:
        sent = compared(FILE, kind=PRICING)
        client = signed_in()
        row = found(sent).get(group=Group.CODE_NEW, code="J3373")
        self.post(client, sent, verb="approve", difference=row.pk)
        page = client.get(reverse("drugs:import", args=[sent.pk]), {"group": "code_new"}).content.decode()
        assert "cleo approved; one more" in page
        assert "Another person must be the second" in page
        answer = client.post(
            reverse("drugs:import-decide", args=[sent.pk]), {"verb": "approve", "difference": row.pk}, follow=True
        )
        assert "the second approver must be another person" in answer.content.decode()

    def test_withholds_a_row_for_a_reason(self) -> None:
        sent = compared(FILE, kind=PRICING)
        row = found(sent).get(group=Group.PRICE_NEW, code="J3373")
        self.post(signed_in(), sent, verb="withhold", difference=row.pk, reason="")
        row.refresh_from_db()
        assert row.decision == "open"
        answer = self.post(signed_in(), sent, verb="withhold", difference=row.pk, reason="looks wrong")
        row.refresh_from_db()
        assert row.decision == "withheld"
        assert answer.headers["Location"].endswith("?group=price_new")

    def test_answers_htmx_with_what_changed(self) -> None:
        sent = compared(FILE, kind=PRICING)
        row = found(sent).get(group=Group.PRICE_NEW, code="J3373")
        answer = signed_in().post(
            reverse("drugs:import-decide", args=[sent.pk]),
            {"verb": "approve", "difference": row.pk, "shown_group": "price_new"},
            headers={"HX-Request": "true"},
        )
        page = answer.content.decode()
        assert f'id="row-{row.pk}"' in page
        assert "diff approved" in page
        assert 'hx-swap-oob="true"' in page

    def test_a_publication_that_is_not_possible_says_why(self) -> None:
        sent = compared(FILE, kind=PRICING)
        answer = signed_in().post(reverse("drugs:import-publish", args=[sent.pk]), follow=True)
        assert "4 rows are neither approved nor withheld" in answer.content.decode()

    def test_giving_up_and_comparing_again(self) -> None:
        sent = compared(FILE, kind=PRICING)
        with patch.object(tasks, "nudge_import", lambda **_: None):
            signed_in().post(reverse("drugs:import-compare", args=[sent.pk]))
        sent.refresh_from_db()
        assert sent.state == ImportState.RECEIVED
        signed_in().post(reverse("drugs:import-abandon", args=[sent.pk]), {"reason": "not ours"})
        sent.refresh_from_db()
        assert sent.state == ImportState.ABANDONED


class TestTheRelease:
    def test_names_what_was_withheld_on_its_page(self) -> None:
        sent = compared(FILE, kind=PRICING)
        imports.withhold(formulary_import=sent, by=personas.cleo(), at=AT, reason="wrong", group=Group.PRICE_NEW)
        all_approved(sent)
        imports.publish(formulary_import=sent, by=personas.cleo(), at=AT)
        page = signed_in().get(reverse("drugs:import", args=[sent.pk])).content.decode()
        assert "Withheld: First prices: J3373" in page
