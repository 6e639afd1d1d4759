"""The pages of impact: a study is asked for, waits, and shows what it found."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from encounters import tasks
from encounters.models import ImpactStudy
from tests import personas
from tests.encounters.proposals import THRESHOLDS, further_hour_from
from tests.encounters.test_impact_studies import accepted, coded

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(personas.finn())
    return client


def sent(page: Client, **said: object) -> ImpactStudy:
    file = SimpleUploadedFile("time_thresholds.yaml", further_hour_from(60)[THRESHOLDS].encode())
    form = {"name": "A longer hour", "proposal": "rules", "file": file, "identified": "2026-03-01", **said}
    answer = page.post("/impact/", form)
    assert answer.status_code == 302, answer.text
    return ImpactStudy.objects.get()


class TestStudy:
    def test_says_how_far_it_is_and_then_what_it_found(self, page: Client) -> None:
        review = accepted(coded())
        study = sent(page)
        assert "Waits for the worker" in page.get(f"/impact/{study.pk}/").text
        assert "HX-Refresh" not in page.get(f"/impact/{study.pk}/progress/")
        tasks.study_impact(study_id=study.pk)
        assert page.get(f"/impact/{study.pk}/progress/")["HX-Refresh"] == "true"
        shown = page.get(f"/impact/{study.pk}/").text
        assert "<del>96366 × 1</del>" in shown
        assert "30 Apr 2026" in shown
        assert f"/history/{review.encounter_id}/" in shown
        assert "A longer hour" in page.get("/impact/").text
        assert "30 Apr 2026" in page.get("/impact/overpayments/").text

    def test_shows_no_name_and_no_whole_record_number(self, page: Client) -> None:
        patient = accepted(coded()).encounter.patient
        study = sent(page)
        tasks.study_impact(study_id=study.pk)
        for address in (f"/impact/{study.pk}/", "/impact/overpayments/"):
            shown = page.get(address).text
            assert patient.mrn_tail in shown
            assert patient.mrn not in shown

    def test_that_failed_says_why(self, page: Client) -> None:
        study = sent(page)
        ImpactStudy.objects.update(rulebook_version="0" * 64)
        tasks.study_impact(study_id=study.pk)
        assert "Not worked out." in page.get(f"/impact/{study.pk}/").text


class TestForm:
    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"proposal": "policy", "identified": ""}, "Choose a question"),
            ({"file": ""}, "Choose a file"),
            ({"file": SimpleUploadedFile("x.yaml", b"a: [")}, "not readable as YAML"),
            ({"file": SimpleUploadedFile("time_thresholds.yaml", b"a: 1")}, "time_thresholds.yaml:1"),
            ({"proposal": "installed", "identified": ""}, "The day on which"),
            ({"first": "2026-01-02", "until": "2026-01-01"}, "later than the first"),
        ],
    )
    def test_says_what_is_wrong(self, page: Client, said: dict[str, object], why: str) -> None:
        file = SimpleUploadedFile("time_thresholds.yaml", further_hour_from(60)[THRESHOLDS].encode())
        form = {"name": "A longer hour", "proposal": "rules", "file": file, "identified": "2026-03-01", **said}
        answer = page.post("/impact/", form)
        assert answer.status_code == 422
        assert why in answer.text
        assert not ImpactStudy.objects.exists()
