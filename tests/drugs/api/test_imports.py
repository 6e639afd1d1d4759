from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from rest_framework.test import APIClient

from drugs.cms.files import FileKind
from tests import personas
from tests.drugs.formulary.imports.acts import compared
from tests.factories.cms import price_file

pytestmark = pytest.mark.django_db

ROW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")


def client(who: Callable[[], User] = personas.cleo) -> APIClient:
    made = APIClient()
    made.force_authenticate(who())
    return made


class TestImports:
    def test_are_listed_with_state_and_file(self) -> None:
        sent = compared(price_file("2025Q3", ROW), kind=FileKind.ASP_PRICING)
        (each,) = client().get(reverse("drugs-api:import-list")).json()["results"]
        assert (each["id"], each["state"], each["quarter"], each["sha256"]) == (
            sent.pk,
            "differences",
            "2025Q3",
            sent.sha256,
        )
        assert client().get(reverse("drugs-api:import-detail", args=[sent.pk])).json() == each

    def test_say_how_they_differ(self) -> None:
        sent = compared(price_file("2025Q3", ROW), kind=FileKind.ASP_PRICING)
        groups = client().get(reverse("drugs-api:import-groups", args=[sent.pk])).json()
        assert [(group["group"], group["rows"], group["needs_second"]) for group in groups] == [
            ("code_new", 2, True),
            ("price_new", 2, False),
        ]
        address = reverse("drugs-api:import-differences", args=[sent.pk])
        (row,) = client().get(address, {"group": "price_new", "q": "J3373"}).json()["results"]
        assert (row["code"], row["before"], row["after"]["payment_limit"]) == ("J3373", None, "0.061")
        assert client().get(address, {"group": "nonsense"}).status_code == 400

    def test_say_what_is_in_the_way_and_who_did_what(self) -> None:
        sent = compared(price_file("2025Q3", ("J9325", "T-vec", "2MG/3MG", "1.0")), kind=FileKind.ASP_PRICING)
        (conflict,) = client().get(reverse("drugs-api:import-conflicts", args=[sent.pk])).json()["results"]
        assert (conflict["kind"], conflict["code"]) == ("unreadable", "J9325")
        (act,) = client().get(reverse("drugs-api:import-acts", args=[sent.pk])).json()["results"]
        assert (act["verb"], act["by_name"]) == ("received", "cleo")

    @pytest.mark.parametrize("who", [personas.ana, personas.finn, personas.dov])
    def test_are_for_those_who_maintain_the_formulary(self, who: Callable[[], User]) -> None:
        sent = compared(price_file("2025Q3", ROW), kind=FileKind.ASP_PRICING)
        for name in ("detail", "groups", "differences", "conflicts", "acts"):
            assert client(who).get(reverse(f"drugs-api:import-{name}", args=[sent.pk])).status_code == 403
        assert client(who).get(reverse("drugs-api:import-list")).status_code == 403
