from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from encounters.timeline import Earns, Timeline, layout, minute_sums, timeline
from encounters.timeline.layout import WIDTH
from encounters.timeline.scale import grid, label_step, midnights, scale_for
from encounters.timeline.summary import MOST_DRAWN
from rules.facts import Access, EncounterFacts
from rules.result import CodingResult
from rules.vocabulary import LineFamily, Reason, Role
from tests.encounters.timeline.build import at, facts, given, line, minutes, no_stop, not_billed, result

UTC = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
EARNS = {
    LineFamily.CHEMO: Earns(16, 91),
    LineFamily.THERAPEUTIC: Earns(16, 91),
    LineFamily.HYDRATION: Earns(31, 91),
}


def drawn(told: EncounterFacts, said: CodingResult | None = None, zone: ZoneInfo = UTC) -> Timeline:
    return timeline(facts=told, result=said or result(), zone=zone, earns=EARNS)


def words(drawing: Timeline) -> list[str]:
    said = []
    for group in drawing.groups:
        for text in group.texts:
            said += [text.text, *(more for more, _ in text.more)]
    return said


class TestScale:
    @pytest.mark.parametrize(
        ("hours", "step"),
        [(0.5, 15), (1, 15), (3, 30), (6, 60), (12, 120), (24, 180), (30, 240), (48, 360), (72, 720), (24 * 8, 1440)],
    )
    def test_labels_keep_apart(self, hours: float, step: int) -> None:
        assert label_step(hours * 60) == step

    @pytest.mark.parametrize("hours", [1, 6, 24, 72, 24 * 14, 24 * 400])
    def test_has_between_one_and_a_dozen_labels(self, hours: int) -> None:
        scale = scale_for(moments=[at("06:10"), at("06:10") + timedelta(hours=hours)], zone=NEW_YORK)
        assert scale is not None
        labels = [each.label for each in grid(scale) if each.level == 0 and each.label]
        assert 1 <= len(labels) <= 12

    def test_keeps_every_moment_inside(self) -> None:
        scale = scale_for(moments=[at("08:00"), at("09:00")], zone=UTC)
        assert scale is not None
        assert 0 < scale.x(at("08:00")) < scale.x(at("09:00")) < 100
        assert scale.x(at("01:00")) == 0
        assert scale.x(at("23:00")) == 100

    def test_is_none_without_a_moment(self) -> None:
        assert scale_for(moments=[], zone=UTC) is None

    def test_names_the_day_that_begins_at_local_midnight(self) -> None:
        scale = scale_for(moments=[at("22:00"), at("06:00", 1)], zone=NEW_YORK)
        assert scale is not None
        (midnight,) = midnights(scale)
        assert midnight.label == "Wed 31 Dec"
        assert midnight.x == scale.x(at("05:00", 1))

    def test_labels_the_hours_of_the_wall_clock(self) -> None:
        scale = scale_for(moments=[at("13:00"), at("16:00")], zone=NEW_YORK)
        assert scale is not None
        assert [each.label for each in grid(scale) if each.level == 0][:2] == ["08:00", "08:30"]


class TestTimeline:
    def test_of_nothing_has_no_lane_and_no_grid(self) -> None:
        drawing = drawn(facts())
        assert (drawing.lanes, drawing.groups, drawing.grid) == ((), (), ())

    def test_has_a_lane_for_each_access_in_charted_order_and_one_for_what_needs_none(self) -> None:
        told = facts(
            given("a", "x", at("08:00"), at("09:00"), access="B"),
            given("b", "y", at("08:00"), at("09:00"), access="A"),
            given("c", "z", at("08:00"), route="IM", technique="injection", access=""),
            accesses=(Access("B", kind="port"), Access("A"), Access("unused")),
        )
        drawing = drawn(told)
        assert [lane.title for lane in drawing.lanes] == ["Access B", "Access A", "No access"]
        assert drawing.lanes[0].note == "port"
        assert drawing.lanes[2].note == "IM"
        tops = [lane.y for lane in drawing.lanes]
        assert tops == sorted(tops)

    def test_puts_what_overlaps_into_rows_of_its_own(self) -> None:
        told = facts(given("a", "x", at("08:00"), at("10:00")), given("b", "y", at("09:00"), at("11:00")))
        first, second = drawn(told).groups
        assert first.marks[0].y != second.marks[0].y

    def test_shares_a_row_where_nothing_touches(self) -> None:
        told = facts(given("a", "x", at("08:00"), at("09:00")), given("b", "y", at("10:00"), at("11:00")))
        first, second = drawn(told).groups
        assert first.marks[0].y == second.marks[0].y

    def test_draws_across_midnight_without_a_break(self) -> None:
        told = facts(given("a", "x", at("22:30"), at("01:10", 1)))
        drawing = drawn(
            told, result([line("96365", "a", minutes=160)], [minutes("a", "96365", at("22:30"), at("01:10", 1))])
        )
        (mark,) = [each for each in drawing.groups[0].marks if each.form == "bar"]
        (midnight,) = drawing.midnights
        assert mark.x < midnight.x < mark.x + mark.width

    def test_marks_the_minutes_at_which_units_were_earned(self) -> None:
        told = facts(given("a", "x", at("08:00"), at("10:32")))
        said = result(
            [line("96365", "a", minutes=60), line("96366", "a", role=Role.ADDITIONAL_HOUR, units=2, minutes=92)],
            [minutes("a", "96365", at("08:00"), at("09:00")), minutes("a", "96366", at("09:00"), at("10:32"))],
        )
        drawing = drawn(told, said)
        assert "16: first hour earned" in words(drawing)
        assert "91: +1" in words(drawing)
        assert "151: +1, 1 min to spare" in words(drawing)
        ticks = [mark for mark in drawing.groups[0].marks if mark.form == "tick"]
        assert len(ticks) == 3

    def test_counts_running_minutes_past_a_pause(self) -> None:
        told = facts(given("a", "x", at("08:00"), at("10:00")))
        said = result(
            [line("96365", "a", minutes=60), line("96366", "a", role=Role.ADDITIONAL_HOUR, minutes=40)],
            [
                minutes("a", "96365", at("08:00"), at("08:30")),
                minutes("a", "paused", at("08:30"), at("08:50")),
                minutes("a", "96365", at("08:50"), at("09:20")),
                minutes("a", "96366", at("09:20"), at("10:00")),
            ],
        )
        drawing = drawn(told, said)
        ticks = [mark for mark in drawing.groups[0].marks if mark.form == "tick"]
        bars = [mark for mark in drawing.groups[0].marks if mark.form == "bar"]
        scale_per_minute = (bars[-1].x + bars[-1].width - bars[0].x) / 120
        assert ticks[1].x == pytest.approx(bars[0].x + (91 + 20) * scale_per_minute, abs=0.1)

    def test_gives_a_run_of_no_minutes_a_mark_that_can_be_seen(self) -> None:
        (group,) = drawn(facts(given("a", "x", at("08:00"), at("08:00")))).groups
        assert group.marks[0].form == "moment"

    def test_prints_a_missing_stop_as_a_problem_with_its_octagon(self) -> None:
        drawing = drawn(facts(given("a", "x", at("08:00"))), result(findings=[no_stop("a")]))
        assert "stop time missing" in words(drawing)
        assert [mark.form for mark in drawing.groups[0].marks] == ["fade", "stop_sign"]
        assert drawing.has_open_end

    def test_prints_what_has_no_time_at_all(self) -> None:
        drawing = drawn(facts(given("a", "x")))
        assert "no time charted" in words(drawing)
        assert drawing.grid == ()

    def test_does_not_stretch_the_axis_to_the_end_of_a_pump(self) -> None:
        told = facts(
            given("a", "x", at("08:00"), at("10:00")),
            given("p", "fluorouracil", at("10:10"), at("08:00", 2), technique="pump_initiation"),
        )
        drawing = drawn(told)
        assert drawing.midnights == ()
        pump = next(mark for group in drawing.groups for mark in group.marks if mark.form == "pump")
        assert pump.x + pump.width <= 99

    def test_keeps_forty_administrations_apart_and_inside(self) -> None:
        many = [
            given(
                f"m{n}", "ceftriaxone", at("06:00") + timedelta(minutes=20 * n), at("08:00") + timedelta(minutes=20 * n)
            )
            for n in range(40)
        ]
        drawing = drawn(facts(*many))
        assert len(drawing.groups) == 40
        spans: dict[float, list[tuple[float, float]]] = {}
        for group in drawing.groups:
            for mark in group.marks:
                assert mark.x >= 0
                assert mark.x + mark.width <= 100
                spans.setdefault(mark.y, []).append((mark.x, mark.x + mark.width))
        for row in spans.values():
            ordered = sorted(row)
            assert all(one[1] <= other[0] for one, other in pairwise(ordered))

    def test_holds_up_no_page_for_hundreds_of_administrations_at_once(self) -> None:
        many = [
            given(f"m{n}", "ceftriaxone", at("06:00"), at("08:00") + timedelta(minutes=n % 50))
            for n in range(MOST_DRAWN)
        ]
        looked: list[int] = []
        has_room = layout.Row.has_room

        def counted(row: layout.Row, way: layout.Arrangement) -> bool:
            looked.append(1)
            return has_room(row, way)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(layout.Row, "has_room", counted)
            assert len(drawn(facts(*many)).groups) == MOST_DRAWN
        assert len(looked) <= MOST_DRAWN * 2 * layout.ROWS_LOOKED_AT

    def test_reaches_over_three_days(self) -> None:
        drawing = drawn(facts(given("a", "x", at("08:00"), at("08:00", 3))))
        assert len(drawing.midnights) == 3
        assert drawing.groups[0].marks[0].width < 100

    def test_keeps_words_inside_the_plot(self) -> None:
        told = facts(
            given("a", "hydrocortisone sodium succinate", at("08:00"), at("16:00")),
            given("b", "hydrocortisone sodium succinate", at("15:50"), at("15:55"), technique="push"),
        )
        for group in drawn(told).groups:
            for text in group.texts:
                at_px = text.x * WIDTH / 100 + text.dx
                assert -1 <= at_px <= WIDTH + 1

    def test_says_each_item_in_words_for_a_screen_reader(self) -> None:
        told = facts(given("a", "saline", at("13:00"), at("13:25"), dose="250 mL"))
        said = result([], [], [not_billed("a", Reason.HYDRATION_UNDER_31, 25)])
        (group,) = drawn(told, said, zone=NEW_YORK).groups
        assert group.label == "Saline 250 mL, 08:00–08:25, 25 min, not billed: hydration too short"

    def test_is_the_same_for_the_same_facts(self) -> None:
        told = facts(given("a", "x", at("08:00"), at("10:00")), given("b", "y", at("09:00")))
        assert drawn(told) == drawn(told)


class TestMinuteSums:
    def test_balance(self) -> None:
        said = result(
            ledger=[
                minutes("a", "96365", at("08:00"), at("09:00")),
                minutes("a", "paused", at("09:00"), at("09:10")),
                minutes("b", "incidental", at("08:00"), at("08:25")),
            ]
        )
        sums = minute_sums(said)
        assert (sums.charted, sums.in_lines, sums.paused, sums.not_billed) == (95, 60, 10, 25)
