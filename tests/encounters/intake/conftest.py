"""Locations and payers that the records of these tests name, and a way to hand them in."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from encounters import intake
from encounters.models import IntakeBatch, Location, Payer

AT = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
FILES = Path(__file__).parent.parent / "intake_files"

Take = Callable[..., IntakeBatch]


@pytest.fixture
def clinic(db: None) -> None:
    """One clinic in New York and one payer."""
    Location.objects.create(code="north", name="North infusion centre", setting="facility", place_of_service="22")
    Payer.objects.create(code="medicare", name="Medicare", kind="medicare")


@pytest.fixture
def take(clinic: None) -> Take:
    """Take in a file of `intake_files` by name, or a text or bytes as a file."""

    def take_in(content: str | bytes, *, source: str = "clinic", name: str = "given.csv") -> IntakeBatch:
        if isinstance(content, str) and "\n" not in content and content.endswith((".csv", ".json", ".xlsx")):
            name, content = content, (FILES / content).read_bytes()
        data = content.encode() if isinstance(content, str) else content
        return intake.take_in_file(file=io.BytesIO(data), file_name=name, source=source, actor=None, at=AT)

    return take_in
