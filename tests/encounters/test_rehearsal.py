"""A file is coded as if it were taken in, and nothing of it stays."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from encounters.models import AuditEvent, Encounter, IntakeBatch, Location, Patient
from encounters.rehearsal import UnableToRehearse, rehearse

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 20, 12, tzinfo=UTC)


def record(**fields: Any) -> dict[str, Any]:
    return {
        "encounter_id": "E1",
        "patient": {"mrn": "M1"},
        "location": "north",
        "date_of_service": "2026-01-15",
        "administrations": [
            {
                "administration_id": "a1",
                "drug": "nobody knows it",
                "kind": "therapeutic",
                "route": "IV",
                "technique": "infusion",
                "start": "2026-01-15T10:00",
                "stop": "2026-01-15T11:00",
            }
        ],
        **fields,
    }


def rehearsed(*records: dict[str, Any]) -> Any:
    return rehearse(file=io.BytesIO(json.dumps(records).encode()), file_name="given.json", at=AT)


@pytest.fixture(autouse=True)
def clinic() -> Location:
    return Location.objects.create(code="north", name="North", setting="facility", place_of_service="22")


def test_tells_the_result_and_keeps_nothing() -> None:
    first, second = rehearsed(record(), record(encounter_id="E2", patient={"mrn": "M2"}))
    assert (first.name, second.name) == ("E1", "E2")
    assert "96365" in {line.code for line in first.result.lines}
    for model in (Encounter, IntakeBatch, Patient, AuditEvent):
        assert not model.objects.exists()


def test_a_file_that_is_refused_says_why() -> None:
    with pytest.raises(UnableToRehearse, match="location"):
        rehearsed(record(location="nowhere"))
    assert not IntakeBatch.objects.exists()
