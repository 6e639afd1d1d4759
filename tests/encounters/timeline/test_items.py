from datetime import datetime, timedelta
from typing import Any

import pytest

from encounters.timeline.items import Item, items_of
from encounters.timeline.words import ON_THE_BAR
from rules.facts import EncounterFacts
from rules.result import CodingResult, Step
from rules.vocabulary import LineFamily, Reason, Role
from tests.encounters.timeline.build import at, facts, given, line, minutes, no_stop, not_billed, result


def items(told: EncounterFacts, said: CodingResult) -> tuple[Item, ...]:
    return items_of(facts=told, result=said, lane_of={each.id: each.access for each in told.administrations})


def only(told: EncounterFacts, said: CodingResult) -> Item:
    (item,) = items(told, said)
    return item


class TestForm:
    @pytest.mark.parametrize(
        ("start", "stop", "more", "form"),
        [
            (at("08:00"), at("09:00"), {}, "bar"),
            (at("08:00"), None, {}, "open_end"),
            (None, at("09:00"), {}, "open_start"),
            (None, None, {}, "untimed"),
            (at("08:00"), at("08:00"), {}, "moment"),
            (at("09:00"), at("08:00"), {}, "moment"),
            (at("08:00"), None, {"technique": "push"}, "push"),
            (at("08:00"), at("08:03"), {"technique": "push"}, "push"),
            (at("08:00"), at("08:00"), {"technique": "push"}, "push"),
            (at("08:00"), None, {"technique": "injection", "route": "SC"}, "push"),
            (at("08:00"), at("08:00", 2), {"technique": "pump_initiation"}, "pump"),
            (at("08:00"), None, {"technique": "pump_unattended"}, "pump"),
        ],
    )
    def test_follows_times_and_technique(
        self, start: datetime | None, stop: datetime | None, more: dict[str, Any], form: str
    ) -> None:
        assert only(facts(given("a", "saline", start, stop, **more)), result()).form == form

    def test_is_a_bar_when_a_charted_push_was_billed_as_an_infusion(self) -> None:
        told = facts(given("a", "iron", at("08:00"), at("08:20"), technique="push"))
        assert only(told, result([line("96365", "a", minutes=20)])).form == "bar"

    def test_is_a_diamond_when_the_initial_service_is_a_push(self) -> None:
        told = facts(given("a", "iron", at("08:00"), at("08:05"), technique="push"))
        said = result([line("96374", "a", minutes=5, steps=(Step("initial_push", "A3"),))])
        assert only(told, said).form == "push"

    def test_is_an_open_end_when_an_infusion_without_stop_was_coded_as_a_push(self) -> None:
        told = facts(given("a", "fosaprepitant", at("08:40")))
        item = only(told, result([line("96375", "a", role=Role.PUSH)], findings=[no_stop("a")]))
        assert (item.form, item.note, item.is_note_a_problem) == ("open_end", "stop time missing", True)

    def test_is_a_moment_when_a_route_without_a_run_has_no_stop(self) -> None:
        told = facts(given("a", "acetaminophen", at("08:00"), technique=None, route="PO"))
        item = only(told, result(unbilled=[not_billed("a", Reason.ROUTE_NOT_CODED)]))
        assert (item.form, item.css, item.note) == ("push", "othr", "not billed: route earns no line")

    def test_says_without_alarm_what_the_engine_did_not_miss(self) -> None:
        item = only(facts(given("a", "saline", at("08:00"))), result())
        assert (item.note, item.is_note_a_problem) == ("stop time missing", False)


class TestPieces:
    def test_split_a_bar_where_its_minutes_change_hands(self) -> None:
        told = facts(given("a", "oxaliplatin", at("09:33"), at("12:15")))
        said = result(
            [
                line("96413", "a", family=LineFamily.CHEMO, minutes=60),
                line("96415", "a", family=LineFamily.CHEMO, role=Role.ADDITIONAL_HOUR, units=2, minutes=92),
            ],
            [
                minutes("a", "96413", at("09:33"), at("10:33")),
                minutes("a", "96415", at("10:33"), at("10:48")),
                minutes("a", "paused", at("10:48"), at("10:58")),
                minutes("a", "96415", at("10:58"), at("12:15")),
            ],
        )
        item = only(told, said)
        assert [piece.css for piece in item.pieces] == ["chemo", "chemo-2", "pause", "chemo-2"]
        assert [piece.text for piece in item.pieces] == ["96413 first hour", "", "", "96415 ×2"]
        assert item.minutes == "152 running min"

    def test_cover_the_bar_from_start_to_stop_whatever_the_ledger_leaves_out(self) -> None:
        told = facts(given("a", "saline", at("08:00"), at("10:00")))
        item = only(told, result([line("96365", "a", minutes=30)], [minutes("a", "96365", at("08:30"), at("09:00"))]))
        assert [piece.css for piece in item.pieces] == ["plain", "ther", "plain"]
        assert (item.pieces[0].start, item.pieces[-1].stop) == (at("08:00"), at("10:00"))

    def test_of_a_concurrent_infusion_are_outlined(self) -> None:
        told = facts(given("a", "leucovorin", at("08:00"), at("10:00")))
        (piece,) = only(told, result([line("96368", "a", role=Role.CONCURRENT)])).pieces
        assert (piece.css, piece.is_untimed, piece.text) == ("ther-2", True, "96368 concurrent, not timed")

    def test_are_hatched_with_the_reason_when_nothing_is_billed(self) -> None:
        told = facts(given("a", "saline", at("11:20"), at("11:45")))
        said = result(
            [],
            [minutes("a", "hydration_under_infusion", at("11:20"), at("11:45"))],
            [not_billed("a", Reason.HYDRATION_UNDER_INFUSION, 25)],
        )
        item = only(told, said)
        assert [piece.css for piece in item.pieces] == ["hatch"]
        assert (item.note, item.is_note_a_problem) == ("not billed: under an infusion", False)

    def test_of_one_bag_are_drawn_once(self) -> None:
        told = facts(
            given("d", "dexamethasone", at("09:05"), at("09:25"), bag="1"),
            given("o", "ondansetron", at("09:05"), at("09:25"), bag="1"),
        )
        said = result(
            [line("96367", "d", "o", role=Role.SEQUENTIAL, minutes=20)],
            [minutes("d", "96367", at("09:05"), at("09:25")), minutes("o", "96367", at("09:05"), at("09:25"))],
        )
        item = only(told, said)
        assert item.name == "Dexamethasone + ondansetron, one bag"
        assert [piece.css for piece in item.pieces] == ["ther"]

    def test_of_a_partly_billed_run_say_how_much_was_billed(self) -> None:
        told = facts(given("a", "saline", at("08:00"), at("09:00")))
        said = result(
            [line("96361", "a", role=Role.HYDRATION, family=LineFamily.HYDRATION, minutes=40)],
            [
                minutes("a", "96361", at("08:00"), at("08:40")),
                minutes("a", "hydration_under_infusion", at("08:40"), at("09:00")),
            ],
        )
        assert only(told, said).minutes == "40 of 60 min"


class TestWords:
    def test_exist_for_every_reason(self) -> None:
        assert set(ON_THE_BAR) == set(Reason)

    def test_name_the_dose_with_thousands_apart(self) -> None:
        assert (
            only(facts(given("a", "saline", at("08:00"), at("09:00"), dose="1000 mL")), result()).name
            == "Saline 1,000 mL"
        )

    def test_count_a_pump_in_hours(self) -> None:
        told = facts(given("a", "fluorouracil", at("08:00"), at("06:00", 2), technique="pump_initiation"))
        item = only(told, result())
        assert item.minutes == "46 h"
        assert item.duration == timedelta(hours=46)
