import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests import personas
from tests.factories.drugs import (
    DrugNameFactory,
    HcpcsCodeFactory,
    NdcFactory,
    PriceFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.force_authenticate(personas.hal())
    return client


class TestEveryAddress:
    @pytest.mark.parametrize(("name", "arguments"), [("list", []), ("detail", [1]), ("resolve", [])])
    def test_asks_for_a_token(self, name: str, arguments: list[int]) -> None:
        assert APIClient().get(reverse(f"drugs-api:drug-{name}", args=arguments)).status_code == 401

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_can_only_be_read(self, client: APIClient, method: str) -> None:
        drug = listed_drug("one")
        answers = [
            getattr(client, method)(reverse("drugs-api:drug-list")),
            getattr(client, method)(reverse("drugs-api:drug-detail", args=[drug.pk])),
        ]
        assert {answer.status_code for answer in answers} == {405}

    def test_stands_under_version_1(self) -> None:
        assert reverse("drugs-api:drug-list") == "/api/v1/drugs/"
        assert reverse("drugs-api:drug-resolve") == "/api/v1/drugs/resolve/"


class TestList:
    def test_gives_a_page_of_what_is_found(self, client: APIClient) -> None:
        drug = listed_drug("bevacizumab", code="J9035", family="antineoplastic")
        listed_drug("cefazolin")
        answer = client.get(reverse("drugs-api:drug-list"), {"q": "beva", "on": "2026-01-15"}).json()
        (row,) = answer["results"]
        assert answer["count"] == 1
        assert (row["id"], row["name"], row["family"]) == (drug.pk, "bevacizumab", "antineoplastic")
        assert [(c["code"], c["per_amount"], c["per_unit"]) for c in row["codes"]] == [("J9035", "10.000000", "mg")]

    def test_refuses_a_date_that_cannot_be_read(self, client: APIClient) -> None:
        answer = client.get(reverse("drugs-api:drug-list"), {"on": "soon"})
        assert answer.status_code == 400
        assert "on" in answer.json()


class TestDetail:
    def test_gives_all_of_one_drug(self, client: APIClient) -> None:
        drug = listed_drug("bevacizumab", code="J9035")
        PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J9035"))
        NdcFactory.create(ndc="50242006001", drug=drug)
        DrugNameFactory.create(drug=drug, text="bev")
        found = client.get(reverse("drugs-api:drug-detail", args=[drug.pk]), {"on": "2026-01-15"}).json()
        assert (found["name"], found["on"], found["is_in_force"]) == ("bevacizumab", "2026-01-15", True)
        assert [line["link"]["code"] for line in found["codes"]] == ["J9035"]
        assert [line["package"]["ndc"] for line in found["packages"]] == ["50242006001"]
        assert [name["text"] for name in found["names"]] == ["bev"]
        assert [price["payment_limit"] for price in found["prices"]] == ["12.340"]

    def test_of_no_drug_is_not_found(self, client: APIClient) -> None:
        assert client.get(reverse("drugs-api:drug-detail", args=[0])).status_code == 404
        assert client.get("/api/v1/drugs/one/").status_code == 404


class TestResolve:
    def test_finds_by_name(self, client: APIClient) -> None:
        drug = listed_drug("bevacizumab")
        found = client.get(reverse("drugs-api:drug-resolve"), {"name": "BEVACIZUMAB 100 mg"}).json()
        assert (found["drug"], found["drug_id"], found["matched_by"]) == ("bevacizumab", drug.pk, "name")

    def test_says_why_nothing_is_found(self, client: APIClient) -> None:
        listed_drug("bevacizumab")
        found = client.get(reverse("drugs-api:drug-resolve"), {"name": "bevacizamab", "ndc": "5024206001"}).json()
        assert found == {
            "drug": None,
            "drug_id": None,
            "product": None,
            "matched_by": None,
            "unresolved": "unknown",
            "candidates": [],
            "suggestions": ["bevacizumab"],
            "ambiguous_codes": [],
            "disagreements": [],
            "is_ndc_invalid": True,
        }

    def test_names_the_candidates(self, client: APIClient) -> None:
        for name in ("iohexol", "iopamidol"):
            listed_drug(name, code="Q9967")
        found = client.get(reverse("drugs-api:drug-resolve"), {"hcpcs": "Q9967"}).json()
        assert (found["unresolved"], sorted(found["candidates"])) == ("several_drugs", ["iohexol", "iopamidol"])


class TestSchema:
    def test_describes_the_endpoints(self, client: APIClient) -> None:
        schema = client.get(reverse("api-schema"), headers={"Accept": "application/vnd.oai.openapi+json"}).content
        for path in (b"/api/v1/drugs/", b"/api/v1/drugs/{id}/", b"/api/v1/drugs/resolve/"):
            assert path in schema
