"""Nudges: lost, doubled, late; none of it matters."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from celery import current_app
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from encounters import tasks
from encounters.models import CodingRun, Encounter, RecodingItem, Review
from encounters.models.encounter import CodingState
from encounters.models.review import PendReason
from encounters.review import claims, preparation, states
from rules import engine
from rules.result import CodingResult
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import DAY_AFTER, DrugAdministrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The encounters for which a nudge was sent, in order; none of them is answered."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.code_encounter, "delay", lambda *, encounter_id: sent.append(encounter_id))
    return sent


def waiting(**values: object) -> Encounter:
    encounter: Encounter = DrugAdministrationFactory.create().encounter
    Encounter.objects.filter(pk=encounter.pk).update(**values)
    return encounter


class TestCodeEncounter:
    def test_codes_what_is_pending(self) -> None:
        encounter = waiting()
        tasks.code_encounter(encounter_id=encounter.pk)
        assert Review.objects.get().encounter == encounter

    def test_twice_codes_once(self) -> None:
        encounter = waiting()
        for _ in range(2):
            tasks.code_encounter(encounter_id=encounter.pk)
        assert CodingRun.objects.count() == 1

    def test_of_one_that_fails_leaves_the_others_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        failing, fine = waiting(), waiting()
        ask = engine.code_encounter

        def fail_for_one(facts: object, **more: object) -> CodingResult:
            if getattr(facts, "encounter_id", "") == str(failing.pk):
                raise RecursionError
            return ask(facts, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(engine, "code_encounter", fail_for_one)
        for encounter in (failing, fine):
            tasks.code_encounter(encounter_id=encounter.pk)
        failing.refresh_from_db()
        fine.refresh_from_db()
        assert (failing.coding_state, fine.coding_state) == (CodingState.FAILED, CodingState.CODED)
        assert failing.coding_error.startswith("RecursionError")


class TestNudge:
    def test_waits_for_the_commit(
        self, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        sent: list[object] = []
        monkeypatch.setattr(tasks.code_encounter, "delay", lambda **arguments: sent.append(arguments))
        with django_capture_on_commit_callbacks(execute=True):
            tasks.nudge(encounter_ids=[1, 2])
            assert sent == []
        assert sent == [{"encounter_id": 1}, {"encounter_id": 2}]

    @pytest.mark.django_db(transaction=True)
    def test_without_a_broker_leaves_it_to_the_sweep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[object] = []

        def fail(**arguments: object) -> None:
            asked.append(arguments)
            raise OperationalError

        monkeypatch.setattr(tasks.code_encounter, "delay", fail)
        encounter = waiting()
        tasks.nudge(encounter_ids=[encounter.pk, encounter.pk + 1, encounter.pk + 2])
        encounter.refresh_from_db()
        assert encounter.coding_state == CodingState.PENDING
        assert asked == [{"encounter_id": encounter.pk}], "each further try would let the sender wait once more"


@pytest.fixture
def the_day_after() -> Iterator[None]:
    """The clock stands at DAY_AFTER."""
    with time_machine.travel(DAY_AFTER, tick=False):
        yield


@pytest.mark.usefixtures("the_day_after")
class TestSweepPending:
    def test_nudges_for_a_lost_nudge(self, nudged: list[int]) -> None:
        encounter = waiting(nudged_at=None)
        tasks.sweep_pending()
        encounter.refresh_from_db()
        assert nudged == [encounter.pk]
        assert encounter.nudged_at == DAY_AFTER

    def test_nudges_nobody_twice_within_a_minute(self, nudged: list[int]) -> None:
        waiting()
        tasks.sweep_pending()
        tasks.sweep_pending()
        assert len(nudged) == 1

    def test_nudges_again_after_a_minute(self, nudged: list[int]) -> None:
        encounter = waiting(nudged_at=DAY_AFTER - tasks.NUDGE_AGAIN_AFTER)
        tasks.sweep_pending()
        assert nudged == [encounter.pk]

    def test_leaves_what_has_only_just_come_to_its_own_nudge(self, nudged: list[int]) -> None:
        waiting(received_at=DAY_AFTER - timedelta(seconds=59))
        tasks.sweep_pending()
        assert nudged == []

    @pytest.mark.parametrize("state", [CodingState.CODED, CodingState.FAILED])
    def test_leaves_what_is_not_pending(self, nudged: list[int], state: CodingState) -> None:
        waiting(coding_state=state, coding_error="an error")
        tasks.sweep_pending()
        assert nudged == []

    def test_nudges_the_longest_waiting_first(self, nudged: list[int]) -> None:
        young = waiting(received_at=DAY_AFTER - timedelta(hours=1))
        old = waiting(received_at=DAY_AFTER - timedelta(hours=2))
        tasks.sweep_pending()
        assert nudged == [old.pk, young.pk]

    def test_of_two_sweeps_that_meet_one_nudges(self, nudged: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = waiting()
        other = waiting(received_at=DAY_AFTER - timedelta(hours=30))

        def meet(*, encounter_id: int) -> None:
            """While the first nudge is sent, the other sweep takes the second."""
            nudged.append(encounter_id)
            Encounter.objects.filter(pk=encounter.pk).update(nudged_at=DAY_AFTER)

        monkeypatch.setattr(tasks.code_encounter, "delay", meet)
        tasks.sweep_pending()
        assert nudged == [other.pk]

    def test_then_codes_what_was_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks.code_encounter, "delay", tasks.code_encounter)
        encounters = [waiting() for _ in range(3)]
        tasks.sweep_pending()
        assert Review.objects.count() == CodingRun.objects.count() == len(encounters)


class TestCodeAgain:
    def test_asks_for_those_that_were_counted_and_for_open_ones_coded_since(self) -> None:
        counted, earlier, later, accepted = (waiting() for _ in range(4))
        ana, since = personas.ana(), DAY_AFTER + timedelta(hours=1)
        for encounter in (counted, earlier):
            preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        for encounter in (later, accepted):
            preparation.code(encounter_id=encounter.pk, at=since)
        review = claims.claim(review=Review.objects.get(encounter=accepted), user=ana, at=since)
        states.accept(review=review, user=ana, at=since, version=review.version, reason="known")
        tasks.code_again(encounter_ids=[counted.pk], since=since, reason="a file", by=ana, at=since)
        asked = RecodingItem.objects.order_by("encounter").values_list("encounter", flat=True)
        assert list(asked) == [counted.pk, later.pk]

    def test_asks_for_nothing_where_nothing_is_to_be_done(self) -> None:
        tasks.code_again(encounter_ids=[], since=DAY_AFTER, reason="a file", by=personas.ana(), at=DAY_AFTER)
        assert not RecodingItem.objects.exists()


class TestTheClock:
    def test_frees_claims_without_a_heartbeat(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        with time_machine.travel(DAY_AFTER + timedelta(minutes=2), tick=False):
            tasks.release_expired_claims()
        assert Review.objects.get().claimed_by is None

    def test_wakes_by_the_clinics_calendar(self) -> None:
        review = a_review()
        states.pend(
            review=review,
            reason=PendReason.CLINIC,
            until=date(2026, 1, 20),
            user=personas.ana(),
            at=DAY_AFTER,
            version=review.version,
        )
        with time_machine.travel("2026-01-20T04:59:00Z", tick=False):
            tasks.wake_pended()
        assert Review.objects.get().state == "pended"
        with time_machine.travel("2026-01-20T05:00:00Z", tick=False):
            tasks.wake_pended()
        assert Review.objects.get().state == "ready"


def test_every_beat_has_its_task() -> None:
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    ours = {"sweep_pending", "release_expired_claims", "wake_pended", "expire_queries"}
    assert {f"encounters.tasks.{name}" for name in ours} <= scheduled


@pytest.mark.parametrize(
    "task",
    [
        tasks.code_encounter,
        tasks.sweep_pending,
        tasks.release_expired_claims,
        tasks.wake_pended,
        tasks.expire_queries,
    ],
)
def test_every_task_goes_back_when_its_worker_dies(task: object) -> None:
    assert task.acks_late  # type: ignore[attr-defined]
