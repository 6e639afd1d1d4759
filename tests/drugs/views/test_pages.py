from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from drugs.models import Drug, NameKind
from tests import personas
from tests.factories.drugs import (
    DrugBillingCodeFactory,
    DrugNameFactory,
    HcpcsCodeFactory,
    MarketedSizeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    PriceFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)


@pytest.fixture(autouse=True)
def _on_15_january() -> object:
    with time_machine.travel(datetime(2026, 1, 15, 10, 0, tzinfo=ZoneInfo("America/New_York")), tick=False):
        yield


def signed_in(who: Callable[[], User] = personas.ana) -> Client:
    client = Client()
    client.force_login(who())
    return client


def full_drug() -> Drug:
    drug = listed_drug("bevacizumab", code="J9035", family="antineoplastic")
    DrugNameFactory.create(drug=drug, text="Avastin", kind=NameKind.BRAND)
    NdcFactory.create(ndc="50242006001", drug=drug, name="Avastin")
    NdcBillingCodeFactory.create(ndc="50242006001", hcpcs__code="J9035", billing_units=10)
    PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J9035"))
    MarketedSizeFactory.create(drug=drug, amount=400)
    return drug


def addresses(drug: Drug) -> list[str]:
    return [reverse("drugs:index"), reverse("drugs:gaps"), reverse("drugs:detail", args=[drug.pk])]


class TestEveryPage:
    @pytest.mark.parametrize("who", personas.EVERYBODY)
    def test_opens_for_whoever_has_signed_in(self, who: Callable[[], User]) -> None:
        client = signed_in(who)
        assert {client.get(address).status_code for address in addresses(full_drug())} == {200}

    def test_asks_others_to_sign_in(self) -> None:
        answers = [Client().get(address) for address in addresses(full_drug())]
        assert all(answer.status_code == 302 and "/login/" in answer.headers["Location"] for answer in answers)

    def test_takes_a_date_that_cannot_be_read_for_today(self) -> None:
        client = signed_in()
        for address in addresses(full_drug()):
            assert "15 Jan 2026" in client.get(address, {"on": "soon"}).text


class TestIndex:
    def test_lists_drugs_with_family_codes_and_brands(self) -> None:
        full_drug()
        page = signed_in().get(reverse("drugs:index")).text
        for text in ("bevacizumab", "antineoplastic", "J9035", "10 mg", "Avastin", "<html"):
            assert text in page

    def test_finds(self) -> None:
        full_drug()
        listed_drug("cefazolin", code="J0690")
        for query in ("avas", "J9035", "50242-060-01"):
            page = signed_in().get(reverse("drugs:index"), {"q": query}).text
            assert "bevacizumab" in page
            assert "cefazolin" not in page

    def test_gives_the_rows_alone_to_htmx(self) -> None:
        full_drug()
        answer = signed_in().get(reverse("drugs:index"), headers={"HX-Request": "true"})
        assert "<html" not in answer.text
        assert "bevacizumab" in answer.text
        assert "HX-Request" in answer.headers["Vary"]

    def test_keeps_to_a_family(self) -> None:
        full_drug()
        listed_drug("cefazolin", code="J0690")
        page = signed_in().get(reverse("drugs:index"), {"family": "therapeutic"}).text
        assert "cefazolin" in page
        assert "bevacizumab" not in page

    def test_says_that_nothing_was_found(self) -> None:
        page = signed_in().get(reverse("drugs:index"), {"q": "<zzz>"}).text
        assert "is called or coded “&lt;zzz&gt;”" in page

    def test_goes_from_page_to_page_and_keeps_the_search(self) -> None:
        for number in range(61):
            listed_drug(f"drug {number:02}")
        client = signed_in()
        first = client.get(reverse("drugs:index"), {"q": "drug"}).text
        assert "1 to 60 of 61" in first
        assert "q=drug&amp;family=&amp;on=2026-01-15&amp;page=2" in first
        second = client.get(reverse("drugs:index"), {"q": "drug", "page": "2"}).text
        assert "drug 60" in second
        assert "drug 00" not in second

    def test_is_of_the_date_asked_for(self) -> None:
        listed_drug("bevacizumab", code="J9035")
        page = signed_in().get(reverse("drugs:index"), {"on": "2023-12-31"}).text
        assert "0 drugs" in page


class TestDetail:
    def test_shows_codes_packages_sizes_prices_names_and_history(self) -> None:
        drug = full_drug()
        page = signed_in().get(reverse("drugs:detail", args=[drug.pk])).text
        for text in ("J9035", "10 mg", "50242-0060-01", "×10", "400 mg", "12.340", "Avastin", "antineoplastic", "open"):
            assert text in page
        assert "Not in the formulary on this date" not in page

    def test_shows_codes_that_ended_after_those_in_force(self) -> None:
        drug = listed_drug("vancomycin", code="J3373")
        old = HcpcsCodeFactory.create(code="J3370")
        DrugBillingCodeFactory.create(drug=drug, hcpcs=old, effective_until=date(2025, 7, 1))
        page = signed_in().get(reverse("drugs:detail", args=[drug.pk])).text
        assert page.index("J3373") < page.index("J3370")
        assert ">1 Jul 2025</td>" in page

    def test_says_where_a_drug_is_not_in_the_formulary(self) -> None:
        address = reverse("drugs:detail", args=[full_drug().pk])
        assert "Not in the formulary on this date" in signed_in().get(address, {"on": "2023-12-31"}).text

    def test_of_no_drug_is_not_found(self) -> None:
        assert signed_in().get(reverse("drugs:detail", args=[0])).status_code == 404


class TestGaps:
    def test_lists_what_is_missing(self) -> None:
        listed_drug("one")
        page = signed_in().get(reverse("drugs:gaps")).text
        assert "one" in page
        assert "no billing code on this date" in page

    def test_says_that_nothing_is(self) -> None:
        assert "Nothing is missing" in signed_in().get(reverse("drugs:gaps")).text
