"""The unmapped inbox, as a person with and without the right to decide meets it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from django.urls import reverse

from drugs.models import DrugName
from encounters.models import Recoding
from tests import personas
from tests.encounters.test_unmapped import GROUND, cefazolin, charted, coded, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(personas.cleo())
    return client


class TestIndex:
    def test_lists_what_waits(self, client: Client) -> None:
        coded(charted("Zofrn", ndc="00000-0000-01").encounter)
        page = client.get(reverse("unmapped:index")).content.decode()
        assert "Zofrn" in page
        assert "Not in the formulary" in page
        assert "NDC 00000-0000-01" in page

    def test_says_what_to_do_where_nothing_waits(self, client: Client) -> None:
        assert "Nothing waits" in client.get(reverse("unmapped:index")).content.decode()

    def test_is_refused_to_who_does_not_maintain_the_formulary(self) -> None:
        client = Client()
        client.force_login(personas.ana())
        assert client.get(reverse("unmapped:index")).status_code == 403
        assert "Unmapped" not in client.get(reverse("drugs:index")).content.decode()

    def test_asks_for_few_queries_however_much_waits(
        self, client: Client, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
    ) -> None:
        for number in range(12):
            coded(charted(f"unknown {number}x").encounter)
        with django_assert_max_num_queries(10):
            client.get(reverse("unmapped:index"))


class TestMapName:
    def post(self, client: Client, **values: object) -> object:
        said = {"name": "ancf", "why": "unknown", "source": GROUND, **values}
        return client.post(reverse("unmapped:map"), said, follow=True)

    def test_by_a_suggestion(self, client: Client) -> None:
        drug = cefazolin()
        coded(charted("ancf").encounter)
        page = self.post(client, choice=drug.pk).content.decode()
        assert "1 encounter is being coded again" in page
        assert "0 of 1 encounter" in page
        assert DrugName.objects.get(normalised="ancf").drug == drug

    def test_by_the_name_of_a_drug(self, client: Client) -> None:
        cefazolin()
        coded(charted("ancf").encounter)
        self.post(client, drug_name=" Cefazolin ")
        assert Recoding.objects.count() == 1

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({}, "Choose a drug of the formulary"),
            ({"drug_name": "nothing of the kind"}, "Choose a drug of the formulary"),
            ({"drug_name": "cefazolin", "source": ""}, "Say on what ground"),
            ({"drug_name": "cefazolin", "product_name": "none"}, "no such product"),
        ],
        ids=["nothing", "unknown drug", "no ground", "unknown product"],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, client: Client, values: dict[str, object], said: str
    ) -> None:
        cefazolin()
        coded(charted("ancf").encounter)
        response = self.post(client, **values)
        assert response.status_code == 422
        assert said in response.content.decode()
        assert str(values.get("drug_name", "")) in response.content.decode()
        assert not Recoding.objects.exists()

    def test_what_was_decided_meanwhile_leads_back(self, client: Client) -> None:
        assert "Nothing waits for “ancf” any more" in self.post(client, drug_name="x").content.decode()

    def test_is_refused_to_who_does_not_maintain_the_formulary(self) -> None:
        drug = cefazolin()
        coded(charted("ancf").encounter)
        client = Client()
        client.force_login(personas.ana())
        assert self.post(client, choice=drug.pk).status_code == 403
        assert not Recoding.objects.exists()


class TestAddDrug:
    def test_adds_and_codes_again(self, client: Client) -> None:
        encounter = charted("own medication").encounter
        coded(encounter)
        said = {
            "name": "own medication",
            "why": "unknown",
            "source": GROUND,
            "new_name": "own medication",
            "family": "therapeutic",
            "routes": ["IV"],
            "not_billed_because": "the patient brings it",
        }
        client.post(reverse("unmapped:add"), said)
        finish(Recoding.objects.get())
        assert encounter.runs.count() == 2

    def test_a_code_and_a_reason_for_none_exclude_each_other(self, client: Client) -> None:
        coded(charted("newmab").encounter)
        said = {"name": "newmab", "why": "unknown", "source": GROUND, "new_name": "newmab", "family": "therapeutic"}
        response = client.post(reverse("unmapped:add"), said | {"code": "J0001", "not_billed_because": "brought"})
        assert response.status_code == 422
        assert "Either a code, or a reason" in response.content.decode()


def test_progress_asks_for_itself_until_it_is_finished(client: Client) -> None:
    drug = cefazolin()
    coded(charted("ancf").encounter)
    client.post(reverse("unmapped:map"), {"name": "ancf", "why": "unknown", "source": GROUND, "choice": drug.pk})
    asked = Recoding.objects.get()
    address = reverse("unmapped:progress", kwargs={"recoding_id": asked.pk})
    assert "every 2s" in client.get(address, headers={"HX-Request": "true"}).content.decode()
    finish(asked)
    assert "every 2s" not in client.get(address, headers={"HX-Request": "true"}).content.decode()
