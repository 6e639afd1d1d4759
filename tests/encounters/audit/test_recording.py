"""The trail's own words and names."""

import pytest
import structlog

from encounters import audit
from encounters.audit import Tag
from encounters.models import AuditEvent
from tests import personas
from tests.factories.encounters import MORNING, EncounterFactory

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_keeps_names_as_they_were(self) -> None:
        ana = personas.ana()
        event = audit.record(tag=Tag.ENCOUNTER_VIEWED, at=MORNING, actor=ana, encounter=EncounterFactory.create())
        ana.first_name = "Anna"
        ana.save()
        event.refresh_from_db()
        assert (event.actor, event.actor_name) == (ana, "Ana")

    def test_names_the_system_where_nobody_acted(self) -> None:
        assert audit.record(tag=Tag.RUN_COMPLETED, at=MORNING).actor_name == "system"

    def test_keeps_what_changed_with_times_and_amounts(self) -> None:
        event = audit.record(
            tag=Tag.ADDENDUM_ADDED, at=MORNING, before={"stopped_at": None}, after={"stopped_at": MORNING}
        )
        event.refresh_from_db()
        assert event.before == {"stopped_at": None}
        assert event.after == {"stopped_at": "2026-01-15T15:00:00Z"}

    def test_cuts_what_is_too_long_for_its_column(self) -> None:
        assert len(audit.record(tag=Tag.LINE_ADDED, at=MORNING, object_repr="x" * 500).object_repr) == 200

    def test_takes_the_id_of_the_request_being_served(self) -> None:
        with structlog.contextvars.bound_contextvars(request_id="request-1"):
            assert audit.record(tag=Tag.LINE_ADDED, at=MORNING).request_id == "request-1"
            assert audit.record(tag=Tag.LINE_ADDED, at=MORNING, request_id="given").request_id == "given"
        assert audit.record(tag=Tag.LINE_ADDED, at=MORNING).request_id == ""


@pytest.mark.parametrize("tag", Tag)
def test_every_tag_is_accepted_by_the_database(tag: Tag) -> None:
    audit.record(tag=tag, at=MORNING)
    assert AuditEvent.objects.get().tag == tag
