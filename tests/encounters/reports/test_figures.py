"""Exact figures of a small clinic, what is left out of them, and who sees whose."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from encounters import reports
from encounters.models import AuditEvent, Review
from encounters.reports import Asked
from encounters.review import claims, decisions, states
from tests import personas
from tests.encounters.views.desk import a_clean_encounter, an_encounter_with_a_missing_stop
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db

MONTH = Asked(since=DAY_AFTER.date().replace(day=1), until=DAY_AFTER.date().replace(month=2, day=1))
ON = DAY_AFTER.date()
MINUTE = timedelta(minutes=1)


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def accepted(review: Review, minutes: int, who: Callable[[], User] = personas.ana) -> Review:
    """Claimed at DAY_AFTER and accepted so many minutes later."""
    user = who()
    claims.claim(review=review, user=user, at=DAY_AFTER)
    return states.accept(review=review, user=user, at=DAY_AFTER + minutes * MINUTE, version=now(review).version)


def rows(name: str, asked: Asked = MONTH) -> tuple[tuple[Any, ...], ...]:
    return reports.figures(asked, on=ON).table(name).rows


class TestThroughput:
    def test_counts_what_is_accepted_by_day(self) -> None:
        accepted(a_clean_encounter(), 2)
        accepted(a_clean_encounter(), 4)
        a_clean_encounter()
        assert rows("throughput") == (("Fri 16 Jan", 2),)
        assert reports.figures(MONTH, on=ON).done == 2

    def test_leaves_out_what_was_reopened_and_what_is_of_another_period(self) -> None:
        review = accepted(a_clean_encounter(), 2)
        states.reopen(
            review=review, reason="wrong", user=personas.ben(), at=DAY_AFTER + MINUTE * 3, version=now(review).version
        )
        assert rows("throughput") == ()
        accepted(a_clean_encounter(), 2)
        february = Asked(since=MONTH.until, until=MONTH.until + timedelta(days=28))
        assert rows("throughput", february) == ()

    def test_is_narrowed_by_payer_site_and_coder(self) -> None:
        review = accepted(a_clean_encounter(), 2)
        accepted(a_clean_encounter(), 2, personas.eve)
        site, payer = review.location.code, review.payer.code if review.payer else ""
        assert sum(n for _, n in rows("throughput", Asked(MONTH.since, MONTH.until, site=site))) == 1
        assert rows("throughput", Asked(MONTH.since, MONTH.until, payer=payer))
        assert rows("throughput", Asked(MONTH.since, MONTH.until, site="no-such-site")) == ()
        assert rows("throughput", Asked(MONTH.since, MONTH.until, coder=personas.eve().pk)) == (("Fri 16 Jan", 1),)


class TestActiveTime:
    def test_is_median_and_ninetieth_percentile_of_the_time_held(self) -> None:
        for minutes in (2, 4, 12):
            accepted(a_clean_encounter(), minutes)
        assert rows("active") == (("Ana", Decimal("4.0"), Decimal("10.4"), 3, 3),)

    def test_leaves_out_the_time_it_lay_aside(self) -> None:
        review = a_clean_encounter()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        claims.release(review=review, user=personas.ana(), at=DAY_AFTER + 3 * MINUTE)
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER + 60 * MINUTE)
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER + 62 * MINUTE, version=now(review).version)
        assert rows("active") == (("Ana", Decimal("5.0"), Decimal("5.0"), 1, 1),)


class TestAges:
    def test_are_shares_of_the_payers_target(self) -> None:
        review = a_clean_encounter()
        Review.objects.filter(pk=review.pk).update(due_date=review.date_of_service + timedelta(days=2))
        accepted(a_clean_encounter(), 2)
        assert [number for _, number in rows("ages")] == [0, 1, 0, 0]


class TestPends:
    def test_are_counted_by_reason_and_by_what_still_waits(self) -> None:
        for reason in ("clinic", "clinic", "order"):
            review = a_clean_encounter()
            states.pend(
                review=review,
                reason=reason,
                note="",
                until=None,
                user=personas.ana(),
                at=DAY_AFTER,
                version=review.version,
            )
        states.wake(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version)
        assert rows("pends") == (("Waiting for the clinic", 2, 2), ("Order missing", 1, 0))


class TestFindings:
    def test_are_told_by_kind_clinic_drug_and_hour(self) -> None:
        review = an_encounter_with_a_missing_stop()
        a_clean_encounter()
        kinds = {row[0]: row[1:] for row in rows("findings")}
        assert kinds["Stop time missing"][1] >= 1
        assert next(row[0] for row in rows("clinics")) == review.location.name
        assert "Fosaprepitant" in [row[0] for row in rows("drugs")]
        assert [row[0] for row in rows("hours") if row[0] != "no start charted"] == ["10:00 to 10:59"]

    def test_of_another_period_are_left_out(self) -> None:
        an_encounter_with_a_missing_stop()
        assert rows("findings", Asked(MONTH.until, MONTH.until + timedelta(days=28))) == ()


class TestChanged:
    @pytest.fixture
    def review(self) -> Review:
        """One unit changed, one line rejected, one rejected and taken back, one added; then accepted."""
        review = a_clean_encounter()
        user = personas.ana()

        def values() -> dict[str, Any]:
            return {"review": review, "user": user, "at": DAY_AFTER, "version": now(review).version}

        decisions.override_line(
            line_key="96366-1", code="96366", units=2, modifiers=[], reason_code="time", reason="", **values()
        )
        decisions.reject_line(line_key="J0690-1", reason_code="suggestion", reason="", **values())
        decisions.reject_line(line_key="96365-1", reason_code="suggestion", reason="", **values())
        decisions.undo(**values())
        decisions.add_line(
            code="96375", units=1, modifiers=[], administrations=["a1"], reason_code="suggestion", reason="", **values()
        )
        return states.accept(**values())

    def test_lines_are_counted_by_coder(self, review: Review) -> None:
        assert rows("acceptance") == (("Ana", Decimal("25.0"), 1, 1, 1, 1),)

    def test_reviews_accepted_before_take_theirs_from_lines_and_trail(self, review: Review) -> None:
        kept = Review.objects.filter(pk=review.pk).values(*states.FIGURES)
        told = kept.get()
        assert told == {
            "lines_untouched": 1,
            "lines_edited": 1,
            "lines_added": 1,
            "lines_rejected": 1,
            "active_seconds": 0,
        }
        other = accepted(a_clean_encounter(), 2)
        kept.update(lines_untouched=9, lines_edited=9, lines_added=9, lines_rejected=9, active_seconds=9)
        Review.objects.filter(pk=other.pk).update(active_seconds=9)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(import_module("encounters.migrations.0021_accepted_figures").FILL)
        assert kept.get() == told
        assert now(other).active_seconds == 120

    def test_lines_are_counted_by_drug(self, review: Review) -> None:
        assert rows("by_drug") == (("cefazolin", 3, 1, 1, 1),)

    def test_lines_are_counted_by_each_rule_behind_them(self, review: Review) -> None:
        by_rule = rows("by_rule")
        assert by_rule
        assert all(changed == edited + rejected for _, changed, edited, rejected in by_rule)
        assert max(edited for _, _, edited, _ in by_rule) == 1

    def test_lines_of_an_acceptance_that_does_not_stand_are_left_out(self, review: Review) -> None:
        states.reopen(review=review, reason="wrong", user=personas.ben(), at=DAY_AFTER, version=now(review).version)
        assert rows("acceptance") == ()
        assert rows("by_drug") == ()


class TestWho:
    def test_leads_and_auditors_see_everybody_and_coders_themselves(self) -> None:
        mine, others = a_clean_encounter(), a_clean_encounter()
        accepted(mine, 2)
        accepted(others, 2, personas.eve)
        for who in (personas.ben, personas.finn):
            assert reports.asked_by(who(), MONTH).coder is None
        own = reports.asked_by(personas.ana(), Asked(MONTH.since, MONTH.until, coder=personas.eve().pk))
        assert own.coder == personas.ana().pk
        assert [row[0] for row in rows("active", own)] == ["Ana"]

    @pytest.mark.parametrize("who", [personas.cleo, personas.hal, personas.ira, personas.dov])
    def test_nobody_else_sees_any(self, who: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            reports.asked_by(who(), MONTH)

    def test_the_page_and_its_file_show_the_same(self, client: Client) -> None:
        accepted(a_clean_encounter(), 2)
        client.force_login(personas.ben())
        asked = "since=2026-01-01&until=2026-01-31"
        assert "Accepted by day" in client.get(f"/reports/?{asked}").content.decode()
        answer = client.get(f"/reports/export.csv?{asked}")
        assert "Accepted by day,Fri 16 Jan,1" in answer.content.decode()
        event = AuditEvent.objects.get(tag="review:report:exported")
        assert event.actor == personas.ben()
        assert event.after == {"since": "2026-01-01", "until": "2026-01-31"}

    def test_a_name_like_a_formula_is_no_formula_in_the_file(self) -> None:
        user = personas.ana()
        user.first_name = "=cmd()"
        user.save()
        accepted(a_clean_encounter(), 2)
        assert "'=cmd()" in reports.export(MONTH, user=personas.ben(), at=DAY_AFTER)

    def test_a_period_that_ends_before_it_begins_is_refused(self, client: Client) -> None:
        client.force_login(personas.ben())
        assert "begins before it ends" in client.get("/reports/?since=2026-02-01&until=2026-01-01").content.decode()
