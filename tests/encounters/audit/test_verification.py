"""Each kind of tampering is found, and found where it was done."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from encounters.audit import chain, checkpoints, verification
from encounters.audit.findings import Kind, Tampering
from encounters.models import AuditEvent, AuditSeal, Encounter
from tests.encounters.audit import tampering
from tests.factories.audits import AuditEventFactory
from tests.factories.encounters import DAY_AFTER, EncounterFactory

pytestmark = pytest.mark.django_db

Found = list[tuple[str, int, int, int]]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.CHECKPOINT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def stream() -> int:
    """Ten events of one encounter between streams of others."""
    encounters = [EncounterFactory.create() for _ in range(3)]
    for encounter in encounters:
        tampering.write(10, encounter)
    tampering.write(3)
    return int(encounters[1].pk)


def found() -> Found:
    return [(each.kind, each.stream, each.first, each.last) for each in verification.verify().findings]


class TestVerify:
    def test_finds_nothing_in_what_was_written(self, stream: int) -> None:
        result = verification.verify()
        assert (result.events, result.streams, result.checkpoints, result.is_sound) == (33, 4, 0, True)

    def test_of_an_empty_trail_finds_nothing(self) -> None:
        assert verification.verify().is_sound

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("reason", "another"),
            ("actor_name", "Eve"),
            ("before", '{"line": 1}'),
            ("after", '{"line": 99}'),
            ("request_id", "x"),
            ("tag", "review:line:rejected"),
            ("at", "2026-01-15 15:00:00.000001+00"),
            ("object_repr", "line"),
        ],
    )
    def test_locates_an_edit_of_any_column(self, stream: int, column: str, value: str) -> None:
        event = AuditSeal.objects.get(stream=stream, sequence=4).event_id
        tampering.run(f"UPDATE encounters_auditevent SET {column} = %s WHERE id = %s", value, event)  # noqa: S608
        assert found() == [(Kind.EDITED, stream, 4, 4)]
        assert verification.verify().findings[0].event_id == event

    def test_locates_several_edits(self, stream: int) -> None:
        for sequence in (1, 6, 10):
            event = AuditSeal.objects.get(stream=stream, sequence=sequence).event_id
            tampering.run("UPDATE encounters_auditevent SET reason = 'x' WHERE id = %s", event)
        assert found() == [(Kind.EDITED, stream, place, place) for place in (1, 6, 10)]

    @pytest.mark.parametrize(("first", "last"), [(1, 1), (5, 5), (5, 7), (1, 9)])
    def test_locates_a_delete(self, stream: int, first: int, last: int) -> None:
        tampering.delete(stream, first, last, is_renumbered=False)
        assert found() == [(Kind.DELETED, stream, first, last)]

    @pytest.mark.parametrize(("first", "last"), [(1, 1), (5, 5), (5, 7), (9, 9)])
    def test_locates_a_delete_that_was_closed_up(self, stream: int, first: int, last: int) -> None:
        tampering.delete(stream, first, last, is_renumbered=True)
        assert found() == [(Kind.DELETED, stream, first, first)]

    @pytest.mark.parametrize("place", [1, 5, 10])
    def test_locates_an_insert_that_others_made_room_for(self, stream: int, place: int) -> None:
        tampering.shift(stream, place, 1)
        event = tampering.forge(stream, place)
        assert found() == [(Kind.INSERTED, stream, place, place)]
        assert verification.verify().findings[0].event_id == event

    def test_locates_an_insert_at_the_end(self, stream: int) -> None:
        tampering.forge(stream, 11)
        assert found() == [(Kind.INSERTED, stream, 11, 11)]

    def test_locates_an_event_without_a_place(self, stream: int) -> None:
        event = AuditEventFactory.create(encounter_id=stream)
        assert [(each.kind, each.event_id) for each in verification.verify().findings] == [(Kind.INSERTED, event.pk)]

    @pytest.mark.parametrize(("one", "other"), [(4, 5), (1, 2), (9, 10), (4, 6)])
    def test_locates_a_change_of_order(self, stream: int, one: int, other: int) -> None:
        tampering.swap(stream, one, other)
        (only,) = found()
        assert only[:2] == (Kind.REORDERED, stream)
        assert only[2] == one
        assert only[3] == other

    def test_locates_both_ends_of_a_far_change_of_order(self, stream: int) -> None:
        tampering.swap(stream, 2, 8)
        assert found() == [(Kind.REORDERED, stream, 2, 3), (Kind.REORDERED, stream, 8, 8)]

    def test_locates_two_events_that_changed_their_places(self, stream: int) -> None:
        """The rows of the places stay, and name each other's events."""
        one, other = (AuditSeal.objects.get(stream=stream, sequence=place) for place in (4, 7))
        for event, reason in ((one.event_id, "swapped"), (other.event_id, "swapped too")):
            tampering.run("UPDATE encounters_auditevent SET reason = %s WHERE id = %s", reason, event)
        assert found() == [(Kind.EDITED, stream, place, place) for place in (4, 7)]

    @pytest.mark.parametrize("left", [9, 5, 1])
    def test_locates_a_cut_tail(self, stream: int, left: int) -> None:
        checkpoints.write(at=DAY_AFTER)
        tampering.chained()
        tampering.delete(stream, left + 1, 10, is_renumbered=False)
        assert found() == [(Kind.CUT, stream, left + 1, 10)]

    def test_locates_a_stream_that_is_gone(self, stream: int) -> None:
        checkpoints.write(at=DAY_AFTER)
        tampering.chained()
        tampering.delete(stream, 1, 10, is_renumbered=False)
        assert found() == [(Kind.CUT, stream, 1, 10)]

    def test_locates_a_tail_that_was_cut_and_written_on(self, stream: int) -> None:
        checkpoints.write(at=DAY_AFTER)
        tampering.chained()
        tampering.delete(stream, 8, 10, is_renumbered=False)
        tampering.write(5, AuditEvent.objects.filter(encounter_id=stream).first().encounter)
        assert found() == [(Kind.CUT, stream, 1, 10)]

    def test_cuts_of_what_no_checkpoint_has_seen_are_not_seen(self, stream: int) -> None:
        """Said plainly: this is what checkpoints are for, and why they are written often."""
        tampering.delete(stream, 8, 10, is_renumbered=False)
        assert found() == []

    def test_tells_one_damage_from_another(self, stream: int) -> None:
        event = AuditSeal.objects.get(stream=stream, sequence=2).event_id
        tampering.run("UPDATE encounters_auditevent SET reason = 'x' WHERE id = %s", event)
        tampering.delete(stream, 5, 5, is_renumbered=False)
        tampering.swap(stream, 7, 8)
        tampering.forge(0, 4)
        assert found() == [
            (Kind.INSERTED, 0, 4, 4),
            (Kind.EDITED, stream, 2, 2),
            (Kind.DELETED, stream, 5, 5),
            (Kind.REORDERED, stream, 7, 8),
        ]

    def test_with_another_key_believes_nothing(self, stream: int, settings: Settings) -> None:
        settings.AUDIT_KEY = "another"
        assert len(verification.verify().findings) >= 33

    def test_of_one_stream_finds_what_is_wrong_there(self, stream: int) -> None:
        tampering.delete(stream, 5, 5, is_renumbered=False)
        assert [each.kind for each in verification.verify_stream(stream=stream).findings] == [Kind.DELETED]
        assert verification.verify_stream(stream=chain.SITE).is_sound


class TestCheckpoints:
    def test_are_written_when_something_happened(self, stream: int, folder: Path) -> None:
        assert checkpoints.write(at=DAY_AFTER).number == 1
        tampering.chained()
        assert checkpoints.write(at=DAY_AFTER) is None
        tampering.write(1)
        second = checkpoints.write(at=DAY_AFTER)
        assert (second.number, len(second.heads)) == (2, 1)
        assert sorted(path.name for path in folder.iterdir()) == [
            "checkpoint-00000001.json",
            "checkpoint-00000002.json",
        ]

    def test_that_were_changed_prove_nothing(self, stream: int, folder: Path) -> None:
        checkpoints.write(at=DAY_AFTER)
        path = folder / "checkpoint-00000001.json"
        path.write_text(path.read_text().replace(f"[{stream}, 10,", f"[{stream}, 9,"))
        with pytest.raises(checkpoints.UnableToTrustCheckpoints, match="not signed"):
            checkpoints.read_all()
        assert verification.verify().findings[0].kind == Kind.UNPROVEN

    def test_that_are_missing_are_missed(self, stream: int, folder: Path) -> None:
        for _ in range(3):
            checkpoints.write(at=DAY_AFTER)
            tampering.write(2)
        (folder / "checkpoint-00000002.json").unlink()
        with pytest.raises(checkpoints.UnableToTrustCheckpoints, match="checkpoint 2 is missing"):
            checkpoints.read_all()

    def test_the_last_of_which_is_gone_are_missed_by_the_trail(self, stream: int, folder: Path) -> None:
        for _ in range(2):
            checkpoints.write(at=DAY_AFTER)
            tampering.write(2)
        (folder / "checkpoint-00000002.json").unlink()
        assert "checkpoint 2 was written" in verification.verify().findings[0].words

    def test_that_cannot_be_read_are_told_of(self, folder: Path) -> None:
        (folder / "checkpoint-00000001.json").write_text("{}")
        with pytest.raises(checkpoints.UnableToTrustCheckpoints, match="cannot be read"):
            checkpoints.read_all()


class TestCommand:
    def test_prints_figures(self, stream: int, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("verify_audit")
        said = capsys.readouterr().out
        assert "33 events in 4 streams" in said
        assert "none is missing" in said

    def test_fails_where_something_is_wrong(self, stream: int, capsys: pytest.CaptureFixture[str]) -> None:
        tampering.delete(stream, 5, 5, is_renumbered=False)
        with pytest.raises(CommandError, match="1 findings"):
            call_command("verify_audit", "--record")
        assert f"deleted: encounter {stream}, place 5: the places are missing" in capsys.readouterr().out
        event = AuditEvent.objects.get(tag="audit:trail:verified")
        assert event.after is not None
        assert len(event.after["findings"]) == 1

    def test_looks_at_one_encounter(self, stream: int, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("verify_audit", "--encounter", str(stream))
        assert "10 events in 1 streams" in capsys.readouterr().out

    def test_writes_checkpoints(self, stream: int, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("checkpoint_audit")
        tampering.chained()
        call_command("checkpoint_audit")
        assert "Checkpoint 1: 33 events, 4 heads moved\nNothing has happened" in capsys.readouterr().out


def test_a_finding_is_told_in_words() -> None:
    told = str(Tampering(kind=Kind.CUT, stream=0, first=3, last=5, words="checkpointed, and no longer there"))
    assert told == "cut tail: stream of the site, places 3 to 5: checkpointed, and no longer there"


@pytest.mark.django_db(transaction=True)
class TestAtACommit:
    def test_every_event_has_its_place(self) -> None:
        tampering.audit.record(tag=tampering.Tag.LINE_ADDED, at=DAY_AFTER)
        assert AuditSeal.objects.count() == 1
        assert not connection._waiting


class TestKeysChange:
    def test_and_what_each_wrote_is_proven(self, stream: int, settings: Settings) -> None:
        checkpoints.write(at=DAY_AFTER)
        settings.AUDIT_KEY_FALLBACKS, settings.AUDIT_KEY = [settings.AUDIT_KEY], "the second key"
        tampering.write(5, EncounterFactory.create())
        tampering.write(5, Encounter.objects.get(pk=stream))
        checkpoints.write(at=DAY_AFTER)
        settings.AUDIT_KEY_FALLBACKS, settings.AUDIT_KEY = [settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS], "third"
        tampering.write(2, Encounter.objects.get(pk=stream))
        result = verification.verify()
        assert result.is_sound, result.findings
        assert result.checkpoints == 2
        assert verification.verify_stream(stream=stream).is_sound

    def test_and_none_of_an_old_key_is_taken_behind_one_of_a_new(self, stream: int, settings: Settings) -> None:
        old, new = settings.AUDIT_KEY, "the second key"
        settings.AUDIT_KEY, settings.AUDIT_KEY_FALLBACKS = new, [old]
        tampering.write(2, Encounter.objects.get(pk=stream))
        settings.AUDIT_KEY = old
        tampering.write(1, Encounter.objects.get(pk=stream))
        settings.AUDIT_KEY = new
        assert found() == [(Kind.INSERTED, stream, 13, 13)]

    def test_and_an_edit_of_what_is_old_is_found(self, stream: int, settings: Settings) -> None:
        settings.AUDIT_KEY, settings.AUDIT_KEY_FALLBACKS = "the second key", [settings.AUDIT_KEY]
        tampering.write(2, Encounter.objects.get(pk=stream))
        event = AuditSeal.objects.get(stream=stream, sequence=4).event_id
        tampering.run("UPDATE encounters_auditevent SET reason = 'x' WHERE id = %s", event)
        assert found() == [(Kind.EDITED, stream, 4, 4)]

    def test_and_without_the_old_one_nothing_old_is_proven(self, stream: int, settings: Settings) -> None:
        settings.AUDIT_KEY = "the second key"
        assert not verification.verify().is_sound
