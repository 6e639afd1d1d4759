"""Runs: stored whole, once, and again the same."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from encounters import coding, rulebooks
from encounters.models import AuditEvent, CodedLine, CodingRun, Encounter, RunFinding
from encounters.models.encounter import CodingState
from rules import engine
from rules.explain import rules_of
from rules.result import CodingResult
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from rules.snapshot import result_to_json
from tests.factories.encounters import DAY_AFTER, MORNING, AddendumFactory, DrugAdministrationFactory, EncounterFactory

pytestmark = pytest.mark.django_db


def an_hour() -> Encounter:
    """An encounter with one therapeutic infusion of an hour."""
    encounter: Encounter = DrugAdministrationFactory.create(external_id="a1").encounter
    return encounter


def lines_of(run: CodingRun) -> list[tuple[str, int]]:
    return list(run.lines.order_by("position").values_list("code", "units"))


class TestOwnPolicy:
    LAYER = (
        "layer: facility\nname: own\ntitle: Own\nchecked: 2026-11-21\n"
        "values:\n  missing_stop:\n    - {value: query, from: 2006-01-01, source: house}\n"
    )

    def test_of_the_location_s_facility_is_followed(self, tmp_path: Path, settings: Settings) -> None:
        (tmp_path / "own.yaml").write_text(self.LAYER)
        settings.POLICY_DIR = tmp_path
        given = DrugAdministrationFactory.create(stopped_at=None, encounter__location__policy_layer="own")
        own = coding.run(encounter=given.encounter, at=DAY_AFTER)
        assert coding.result_of(own).versions.layers[-1] == "own"
        assert lines_of(own) == [("J3490", 1)]
        settings.POLICY_DIR = None
        shipped = coding.run(encounter=given.encounter, at=DAY_AFTER)
        assert lines_of(shipped) == [("96374", 1), ("J3490", 1)]
        assert own.rulebook_version != shipped.rulebook_version
        assert rulebooks.of_version(own.rulebook_version).version == own.rulebook_version


class TestRun:
    def test_stores_what_the_engine_was_told_and_said(self) -> None:
        encounter = an_hour()
        run = coding.run(encounter=encounter, at=DAY_AFTER)
        encounter.refresh_from_db()
        assert encounter.coding_state == CodingState.CODED
        assert (run.number, run.at, run.trigger, run.chart_version) == (1, DAY_AFTER, CodingRun.Trigger.INTAKE, 1)
        assert coding.facts_of(run).administrations[0].id == "a1"
        assert coding.result_of(run).lines[0].code == "96365"
        assert (run.facts_digest, run.result_digest) == (coding.digest(run.facts), coding.digest(run.result))
        assert (run.engine_version, run.rulebook_version) == (coding.engine_version(), load_rulebook().version)
        assert run.policy == coding.result_of(run).versions.policy
        assert run.formulary_version == "none"

    def test_stores_a_row_for_each_line_and_finding(self) -> None:
        encounter = an_hour()
        DrugAdministrationFactory.create(encounter=encounter, external_id="a2", stopped_at=None, position=9999)
        run = coding.run(encounter=encounter, at=DAY_AFTER)
        result = coding.result_of(run)
        rows = list(run.lines.order_by("position"))
        assert [(row.position, row.key, row.code, row.units) for row in rows] == [
            (place, line.key, line.code, line.units) for place, line in enumerate(result.lines, start=1)
        ]
        assert [(row.kind, row.severity) for row in run.findings.order_by("position")] == [
            (finding.kind, finding.severity) for finding in result.findings
        ]
        assert result.findings

    def test_is_in_the_trail_with_its_versions(self) -> None:
        run = coding.run(encounter=an_hour(), at=DAY_AFTER)
        event = AuditEvent.objects.get(tag="coding:run:completed")
        assert event.encounter_id == run.encounter_id
        assert event.actor_name == "system"
        assert event.after is not None
        assert (event.after["run"], event.after["rulebook"]) == (1, run.rulebook_version)

    def test_twice_makes_one_run(self) -> None:
        encounter = an_hour()
        first = coding.run(encounter=encounter, at=DAY_AFTER)
        second = coding.run(encounter=encounter, at=DAY_AFTER + timedelta(hours=1))
        assert first == second
        assert CodingRun.objects.count() == 1
        assert AuditEvent.objects.filter(tag="coding:run:completed").count() == 1

    def test_a_nudge_that_came_late_only_closes_the_job(self) -> None:
        encounter = an_hour()
        coding.run(encounter=encounter, at=DAY_AFTER)
        Encounter.objects.update(coding_state=CodingState.PENDING)
        coding.run(encounter=encounter, at=DAY_AFTER)
        assert CodingRun.objects.count() == 1
        assert Encounter.objects.get().coding_state == CodingState.CODED

    def test_a_changed_chart_makes_the_next_run(self) -> None:
        encounter = an_hour()
        coding.run(encounter=encounter, at=DAY_AFTER)
        DrugAdministrationFactory.create(encounter=encounter, technique="push", position=9999)
        Encounter.objects.update(chart_version=2, coding_state=CodingState.PENDING)
        run = coding.run(encounter=encounter, at=DAY_AFTER)
        assert (run.number, run.chart_version) == (2, 2)
        assert CodingRun.objects.count() == 2

    @pytest.mark.parametrize("version", ["engine", "rulebook", "formulary"])
    def test_other_versions_make_the_next_run(self, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
        encounter = an_hour()
        first = coding.run(encounter=encounter, at=DAY_AFTER)
        if version == "engine":
            monkeypatch.setattr(engine, "ENGINE_VERSION", "next")
        elif version == "formulary":
            monkeypatch.setattr("drugs.facts.formulary_version", lambda _: "next")
        else:
            monkeypatch.setattr(coding, "load_rulebook", load_rulebook_of_next_year)
            monkeypatch.setattr("encounters.rulebooks.keep", lambda **_: False)
        second = coding.run(encounter=encounter, at=DAY_AFTER)
        assert second.number == 2
        assert second.trigger == CodingRun.Trigger.RELEASE
        assert first.facts == second.facts

    def test_leaves_nothing_when_the_engine_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = an_hour()

        def fail(*_: object, **__: object) -> CodingResult:
            raise ZeroDivisionError

        monkeypatch.setattr(engine, "code_encounter", fail)
        with pytest.raises(ZeroDivisionError):
            coding.run(encounter=encounter, at=DAY_AFTER)
        assert_nothing_is_stored(encounter)

    def test_leaves_nothing_when_it_breaks_off_halfway(self, monkeypatch: pytest.MonkeyPatch) -> None:
        encounter = an_hour()

        def fail(*_: object, **__: object) -> None:
            assert CodedLine.objects.exists()
            raise ZeroDivisionError

        monkeypatch.setattr(coding, "_record_completed", fail)
        with pytest.raises(ZeroDivisionError):
            coding.run(encounter=encounter, at=DAY_AFTER)
        assert_nothing_is_stored(encounter)

    def test_tells_the_rules_behind_each_line_as_the_migration_reads_them_off_the_results(self) -> None:
        run = coding.run(encounter=an_hour(), at=DAY_AFTER)
        told = dict(run.lines.values_list("key", "rules"))
        assert told == {line.key: list(rules_of(line)) for line in coding.result_of(run).lines}
        assert all(told.values())
        fill = import_module("encounters.migrations.0020_rules_of_coded_lines").FILL
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(fill.replace("SET rules = said.rules", "SET rules = '{}'"))
            assert not any(run.lines.values_list("rules", flat=True))
            cursor.execute(fill)
        assert dict(run.lines.values_list("key", "rules")) == told

    def test_of_an_encounter_without_administrations_has_no_lines(self) -> None:
        assert lines_of(coding.run(encounter=EncounterFactory.create(), at=DAY_AFTER)) == []


def load_rulebook_of_next_year() -> Rulebook:
    return Rulebook(replace(load_rulebook().content, version="next"))


def assert_nothing_is_stored(encounter: Encounter) -> None:
    assert not CodingRun.objects.exists()
    assert not CodedLine.objects.exists()
    assert not RunFinding.objects.exists()
    assert not AuditEvent.objects.exists()
    encounter.refresh_from_db()
    assert encounter.coding_state == CodingState.PENDING


class TestTriggerOf:
    def test_an_addendum_since_the_last_run(self) -> None:
        encounter = an_hour()
        coding.run(encounter=encounter, at=MORNING)
        AddendumFactory.create(administration=encounter.administrations.get(), at=DAY_AFTER)
        Encounter.objects.update(chart_version=2)
        assert coding.run(encounter=encounter, at=DAY_AFTER).trigger == CodingRun.Trigger.ADDENDUM

    def test_new_documentation_since_the_last_run(self) -> None:
        encounter = an_hour()
        AddendumFactory.create(administration=encounter.administrations.get(), at=MORNING)
        coding.run(encounter=encounter, at=DAY_AFTER)
        Encounter.objects.update(chart_version=2)
        assert coding.run(encounter=encounter, at=DAY_AFTER).trigger == CodingRun.Trigger.INTAKE

    def test_what_the_caller_says_counts(self) -> None:
        run = coding.run(encounter=an_hour(), trigger=CodingRun.Trigger.REQUEST, at=DAY_AFTER)
        assert run.trigger == CodingRun.Trigger.REQUEST


class TestPreview:
    def test_answers_without_storing(self) -> None:
        encounter = an_hour()
        stop = (MORNING + timedelta(minutes=91)).isoformat()
        facts, result = coding.preview(encounter=encounter, changes={"a1": {"stopped_at": stop}})
        assert facts.administrations[0].stop == MORNING + timedelta(minutes=91)
        assert [(line.code, line.units) for line in result.lines][:2] == [("96365", 1), ("96366", 1)]
        assert_nothing_is_stored(encounter)

    def test_agrees_with_the_run_that_follows(self) -> None:
        encounter = an_hour()
        _, result = coding.preview(encounter=encounter)
        assert result_to_json(result) == coding.run(encounter=encounter, at=DAY_AFTER).result
