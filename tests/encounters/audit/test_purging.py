"""Old events go only when the law lets them, and what stays can still be proven."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from pytest_django import Settings

from encounters import audit
from encounters.audit import Tag, purging, verification
from encounters.audit.findings import Kind
from encounters.models import AuditEvent, AuditPurge, AuditSeal
from tests.encounters.audit import tampering
from tests.factories.encounters import EncounterFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2032, 6, 1, 16, 0, tzinfo=UTC)
OLD = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR = tmp_path


@pytest.fixture
def streams() -> tuple[int, int]:
    """One encounter old throughout, and one with six old events and four young ones."""
    old, mixed = EncounterFactory.create(), EncounterFactory.create()
    begun = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
    for number in range(10):
        audit.record(tag=Tag.LINE_ACCEPTED, at=begun, encounter=old)
        audit.record(tag=Tag.LINE_ACCEPTED, at=begun + timedelta(days=25 * number), encounter=mixed)
    tampering.chained()
    return old.pk, mixed.pk


def purge(before: date = OLD, reason: str = "the six years are over") -> AuditEvent | None:
    told = purging.purge(before=before, reason=reason, by="root", at=NOW)
    tampering.chained()
    return told


class TestPurge:
    def test_leaves_a_chain_that_holds(self, streams: tuple[int, int]) -> None:
        old, mixed = streams
        told = purge()
        assert told is not None
        told.refresh_from_db()
        assert told.after == {"before": "2026-06-01", "events": 16, "streams": 2}
        assert not AuditSeal.objects.filter(stream=old).exists()
        assert AuditSeal.objects.filter(stream=mixed).count() == 4
        assert verification.verify().is_sound
        assert verification.verify_stream(stream=mixed).is_sound

    def test_the_stream_goes_on_where_it_was(self, streams: tuple[int, int]) -> None:
        purge()
        tampering.write(1, EncounterFactory._meta.model.objects.get(pk=streams[0]))
        assert AuditSeal.objects.get(stream=streams[0]).sequence == 11
        assert verification.verify().is_sound

    def test_can_be_done_again(self, streams: tuple[int, int]) -> None:
        purge(before=date(2026, 3, 1))
        purge()
        assert AuditPurge.objects.filter(stream=streams[1]).count() == 2
        assert verification.verify().is_sound
        assert purge() is None

    def test_a_summary_that_was_changed_proves_nothing(self, streams: tuple[int, int]) -> None:
        purge()
        tampering.run_past(
            "encounters_auditpurge", "UPDATE encounters_auditpurge SET last_sequence = last_sequence + 1"
        )
        assert Kind.UNPROVEN in {each.kind for each in verification.verify().findings}

    def test_refuses_what_must_be_kept(self, streams: tuple[int, int]) -> None:
        with pytest.raises(purging.UnableToPurge, match="2026-06-01 on must be kept"):
            purge(before=date(2026, 6, 2))

    def test_refuses_without_a_reason(self, streams: tuple[int, int]) -> None:
        with pytest.raises(purging.UnableToPurge, match="needs a reason"):
            purge(reason=" ")

    def test_refuses_a_trail_that_does_not_hold(self, streams: tuple[int, int]) -> None:
        tampering.delete(streams[0], 3, 3, is_renumbered=False)
        with pytest.raises(purging.UnableToPurge, match="does not hold"):
            purge()

    def test_leaves_the_guards_standing(self, streams: tuple[int, int]) -> None:
        purge()
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            tampering.plainly("DELETE FROM encounters_auditevent")

    @pytest.mark.parametrize(("on", "kept"), [("2032-02-29", "2026-02-28"), ("2032-03-01", "2026-03-01")])
    def test_counts_whole_years(self, on: str, kept: str) -> None:
        assert purging.earliest_kept(on=date.fromisoformat(on)) == date.fromisoformat(kept)


class TestCommand:
    def test_refuses_within_six_years(self) -> None:
        with pytest.raises(CommandError, match="must be kept"):
            call_command("purge_audit", "--before", "2026-01-01", "--reason", "space")

    def test_says_where_there_is_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("purge_audit", "--before", "2000-01-01", "--reason", "space")
        assert "nothing that old" in capsys.readouterr().out
