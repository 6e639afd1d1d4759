"""Encounters over the interface: sent in, read back, by whom."""

import json

import pytest
from django.test import override_settings

from encounters.models import DrugAdministration, Encounter, IntakeRefusal, Location
from tests.encounters.api.conftest import ClientOf

pytestmark = pytest.mark.django_db
URL = "/api/v1/encounters"


def encounter(number: int = 1, **more: object) -> dict[str, object]:
    return {
        "encounter_id": f"E{number}",
        "patient": {"mrn": f"M{number}", "family_name": "Quillfeather"},
        "location": "north",
        "diagnoses": ["E86.0"],
        "administrations": [
            {
                "administration_id": "a1",
                "drug": "cefazolin",
                "route": "IV",
                "technique": "infusion",
                "start": "2026-01-15T10:00",
                "stop": "2026-01-15T11:00",
                "dose": "1 g",
            }
        ],
    } | more


class TestCreate:
    def test_takes_a_bare_encounter_in(self, client_of: ClientOf, clinic: Location) -> None:
        answer = client_of("interface").post(URL, encounter(), format="json")
        assert answer.status_code == 201, answer.json()
        assert answer.json()["encounters"] == [
            {"id": Encounter.objects.get().pk, "encounter_id": "E1", "outcome": "new"}
        ]
        assert Encounter.objects.get().source == "a-interface"

    def test_answers_200_to_the_same_again_and_changes_nothing(self, client_of: ClientOf, clinic: Location) -> None:
        client = client_of("interface")
        client.post(URL, encounter(), format="json")
        answer = client.post(URL, encounter(), format="json")
        assert answer.status_code == 200
        assert answer.json()["encounters"][0]["outcome"] == "unchanged"
        assert Encounter.objects.get().chart_version == 1

    @pytest.mark.parametrize(
        "services",
        [[{"code": "99213", "modifiers": 5}], [{"code": None, "modifiers": True}], [{"code": [], "modifiers": {}}]],
    )
    def test_refuses_services_of_another_shape(
        self, client_of: ClientOf, clinic: Location, services: list[object]
    ) -> None:
        answer = client_of("interface").post(URL, encounter(other_services=services), format="json")
        assert answer.status_code == 422
        assert answer.json()["refusals"][0]["column"] == "other_services"

    def test_answers_400_to_an_empty_body(self, client_of: ClientOf, clinic: Location) -> None:
        answer = client_of("interface").post(URL, b"", content_type="application/json")
        assert answer.status_code == 400
        assert "empty" in answer.json()["refusals"][0]["reason"]

    def test_answers_207_when_some_records_are_refused(self, client_of: ClientOf, clinic: Location) -> None:
        bad = encounter(2)
        bad["administrations"] = [{"administration_id": "a1", "drug": "x", "start": "2026-02-31T10:00"}]
        answer = client_of("interface").post(URL, {"encounters": [encounter(), bad]}, format="json")
        assert answer.status_code == 207
        refusal = answer.json()["refusals"][0]
        assert refusal["column"] == "administrations[0].start"
        assert "2026-02-31" in refusal["reason"]
        assert Encounter.objects.get().external_id == "E1"

    def test_answers_422_when_every_record_is_refused(self, client_of: ClientOf, clinic: Location) -> None:
        answer = client_of("interface").post(URL, encounter(location="nowhere"), format="json")
        assert answer.status_code == 422
        assert "Known: north" in answer.json()["refusals"][0]["reason"]

    def test_answers_400_to_broken_json_with_its_line(self, client_of: ClientOf, clinic: Location) -> None:
        answer = client_of("interface").post(URL, '{"encounter_id": \n "E1",,}', content_type="application/json")
        assert answer.status_code == 400
        assert "line 2" in answer.json()["refusals"][0]["reason"]

    def test_keeps_good_encounters_before_the_place_where_the_json_breaks(
        self, client_of: ClientOf, clinic: Location
    ) -> None:
        body = "[" + json.dumps(encounter()) + ",\n{"
        answer = client_of("interface").post(URL, body, content_type="application/json")
        assert answer.status_code == 207
        assert answer.json()["refusals"][0]["line"] == 2
        assert Encounter.objects.count() == 1

    def test_tells_the_encounters_of_two_sources_apart(self, client_of: ClientOf, clinic: Location) -> None:
        client = client_of("interface")
        for source in ("mar-one", "mar-two"):
            assert client.post(f"{URL}?source={source}", encounter(), format="json").status_code == 201
        assert Encounter.objects.count() == 2

    def test_keeps_exact_amounts(self, client_of: ClientOf, clinic: Location) -> None:
        body = json.dumps(encounter()).replace('"1 g"', '{"amount": 0.100001, "unit": "mg"}')
        client_of("interface").post(URL, body, content_type="application/json")
        assert str(DrugAdministration.objects.get().dose_amount) == "0.100001"

    def test_refuses_a_body_that_is_too_large(self, client_of: ClientOf, clinic: Location) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
            answer = client_of("interface").post(URL, encounter(), format="json")
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        ("group", "status"),
        [(None, 401), ("nobody", 403), ("auditor", 403), ("formulary_admin", 403), ("coder", 201), ("lead", 201),
         ("interface", 201), ("operator", 201)],
    )  # fmt: skip
    def test_is_for_those_who_may_take_in(
        self, client_of: ClientOf, clinic: Location, group: str | None, status: int
    ) -> None:
        assert client_of(group).post(URL, encounter(), format="json").status_code == status

    def test_keeps_the_refused_record_itself(self, client_of: ClientOf, clinic: Location) -> None:
        client_of("interface").post(URL, encounter(family_nam="typo"), format="json")
        refusal = IntakeRefusal.objects.get()
        assert "Is family_name meant?" in refusal.reason
        assert json.loads(refusal.record)["encounter_id"] == "E1"


class TestRead:
    @pytest.mark.parametrize(
        ("group", "status"),
        [(None, 401), ("nobody", 403), ("formulary_admin", 403), ("operator", 403), ("coder", 200),
         ("auditor", 200), ("interface", 200)],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["encounters", "runs", "lines"])
    def test_is_for_those_who_may_view(self, client_of: ClientOf, group: str | None, status: int, path: str) -> None:
        assert client_of(group).get(f"/api/v1/{path}").status_code == status

    def test_gives_an_encounter_with_its_chart(self, client_of: ClientOf, clinic: Location) -> None:
        client = client_of("interface")
        pk = client.post(URL, encounter(), format="json").json()["encounters"][0]["id"]
        chart = client.get(f"{URL}/{pk}").json()
        assert chart["diagnoses"] == ["E86.0"]
        assert chart["administrations"][0]["administration_id"] == "a1"
        assert chart["administrations"][0]["started_at"] == "2026-01-15T10:00:00-05:00"

    def test_narrows_lists(self, client_of: ClientOf, clinic: Location) -> None:
        client = client_of("interface")
        client.post(URL, {"encounters": [encounter(1), encounter(2)]}, format="json")
        assert client.get(URL).json()["count"] == 2
        assert client.get(f"{URL}?mrn=M2").json()["results"][0]["encounter_id"] == "E2"
        assert client.get(f"{URL}?date_of_service_after=2026-01-16").json()["count"] == 0


class TestPages:
    @pytest.mark.parametrize("limit", ["501", "99999999999999999999"])
    def test_are_bounded_whatever_is_asked(self, client_of: ClientOf, clinic: Location, limit: str) -> None:
        client = client_of("interface")
        client.post(URL, {"encounters": [encounter(number) for number in range(502)]}, format="json")
        answer = client.get(URL, {"limit": limit})
        assert answer.status_code == 200
        assert (len(answer.json()["results"]), answer.json()["count"]) == (500, 502)


class TestSchema:
    def test_describes_every_endpoint(self, client_of: ClientOf) -> None:
        schema = client_of("interface").get("/api/schema/?format=json").json()
        assert {"/api/v1/encounters", "/api/v1/runs", "/api/v1/lines", "/api/v1/batches"} <= schema["paths"].keys()
        answers = schema["paths"]["/api/v1/encounters"]["post"]["responses"]
        assert {"200", "201", "207", "400", "422"} <= answers.keys()
