"""From a pending encounter to a place in the queue: both or neither, once, whoever meets whom."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from encounters import audit
from encounters.audit import Tag
from encounters.models import AuditEvent, CodingRun, Encounter, Review
from encounters.models.encounter import CodingState
from encounters.review import decisions, hold, preparation
from encounters.review.lines import lines_of
from rules import engine
from rules.result import CodingResult
from tests import personas
from tests.encounters.review.work import wait_until_somebody_waits_for_a_lock
from tests.factories.encounters import DAY_AFTER, DrugAdministrationFactory


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


@pytest.mark.django_db
class TestCode:
    def encounter(self) -> Encounter:
        encounter: Encounter = DrugAdministrationFactory.create(external_id="a1").encounter
        return encounter

    def test_makes_run_and_review(self) -> None:
        encounter = self.encounter()
        review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert review is not None
        encounter.refresh_from_db()
        assert (encounter.coding_state, encounter.review, review.run.number) == (CodingState.CODED, review, 1)

    def test_twice_does_nothing_the_second_time(self) -> None:
        encounter = self.encounter()
        preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        events = AuditEvent.objects.count()
        assert preparation.code(encounter_id=encounter.pk, at=DAY_AFTER) is None
        assert (CodingRun.objects.count(), AuditEvent.objects.count()) == (1, events)

    def test_forced_asks_again_and_makes_no_second_run_of_the_same(self) -> None:
        encounter = self.encounter()
        preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert preparation.code(encounter_id=encounter.pk, at=DAY_AFTER, is_forced=True) is not None
        assert CodingRun.objects.count() == 1

    def test_keeps_an_error_on_the_encounter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = self.encounter()

        def fail(*_: object, **__: object) -> CodingResult:
            message = "odd"
            raise ValueError(message)

        monkeypatch.setattr(engine, "code_encounter", fail)
        assert preparation.code(encounter_id=encounter.pk, at=DAY_AFTER) is None
        encounter.refresh_from_db()
        assert (encounter.coding_state, encounter.coding_error) == (CodingState.FAILED, "ValueError: odd")
        assert not CodingRun.objects.exists()
        assert AuditEvent.objects.get().tag == "coding:run:failed"

    def test_leaves_no_run_without_a_review(self, monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = self.encounter()

        def fail(**_: object) -> Review:
            assert CodingRun.objects.exists()
            raise KeyError

        monkeypatch.setattr(preparation, "prepare", fail)
        preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert not CodingRun.objects.exists()
        encounter.refresh_from_db()
        assert encounter.coding_state == CodingState.FAILED

    def test_blames_no_encounter_for_the_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = self.encounter()

        def fail(**_: object) -> Review:
            raise OperationalError

        monkeypatch.setattr(preparation, "prepare", fail)
        with pytest.raises(OperationalError):
            preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        encounter.refresh_from_db()
        assert encounter.coding_state == CodingState.PENDING


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_workers_that_meet_code_once(self) -> None:
        ids = [DrugAdministrationFactory.create().encounter_id for _ in range(6)]
        start = threading.Barrier(4)

        def work(_: int) -> None:
            start.wait()
            for pk in ids:
                preparation.code(encounter_id=pk, at=DAY_AFTER)
            connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert CodingRun.objects.count() == Review.objects.count() == len(ids)
        assert set(Encounter.objects.values_list("coding_state", flat=True)) == {CodingState.CODED}

    def test_a_coder_writes_to_the_trail_while_a_run_waits_for_the_review(self) -> None:
        """The coder has the review and points at the encounter; the run has the encounter and wants the review."""
        encounter = DrugAdministrationFactory.create().encounter
        review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert review is not None
        DrugAdministrationFactory.create(encounter=encounter, technique="push")
        Encounter.objects.filter(pk=encounter.pk).update(chart_version=2, coding_state=CodingState.PENDING)

        def worker() -> None:
            preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                hold.lock(review, None)
                run = pool.submit(worker)
                wait_until_somebody_waits_for_a_lock()
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                audit.record(tag=Tag.ENCOUNTER_VIEWED, at=DAY_AFTER, encounter=encounter)
            run.result(timeout=30)
        assert now(review).run.number == 2

    def test_a_coder_and_runs_that_meet_lose_nothing(self) -> None:
        encounter = DrugAdministrationFactory.create(external_id="a1").encounter
        review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        assert review is not None
        ana = personas.ana()
        rounds = 15
        start = threading.Barrier(2)

        def coder() -> None:
            start.wait()
            for _ in range(rounds):
                fresh = now(review)
                with contextlib.suppress(decisions.UnableToWork):
                    decisions.accept_line(
                        review=fresh,
                        line_key=lines_of(fresh)[0].key,
                        user=ana,
                        at=DAY_AFTER,
                        version=fresh.version,
                    )
            connection.close()

        def worker() -> None:
            start.wait()
            for minutes in range(rounds):
                DrugAdministrationFactory.create(encounter=encounter, technique="push", minutes=minutes)
                Encounter.objects.filter(pk=encounter.pk).update(
                    chart_version=minutes + 2, coding_state=CodingState.PENDING
                )
                preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
            connection.close()

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(coder), pool.submit(worker)]:
                done.result(timeout=60)
        assert encounter.runs.count() == rounds + 1
        assert now(review).run.number == rounds + 1
