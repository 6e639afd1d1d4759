"""Later statements over what was charted."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from encounters.addenda import READERS, Opened, UnableToReadChange, read_change, statement
from tests.factories.encounters import (
    MORNING,
    AddendumFactory,
    AdministrationPauseFactory,
    ContainerFactory,
    DrugAdministrationFactory,
    VascularAccessFactory,
)


class TestReadChange:
    @pytest.mark.parametrize(
        ("field", "value", "expected"),
        [
            ("started_at", "2026-01-15T10:00:00-05:00", datetime(2026, 1, 15, 15, tzinfo=UTC)),
            ("stopped_at", None, None),
            ("stopped_at", "", None),
            ("minutes", "45", 45),
            ("minutes", None, None),
            ("dose_amount", "2.50", Decimal("2.5")),
            ("dose_amount", "", None),
            ("route", "SC", "SC"),
            ("route", "", ""),
            ("kind", "chemo", "chemo"),
            ("family", "antineoplastic", "antineoplastic"),
            ("access_reason", "incompatible", "incompatible"),
            ("status", "not_given", "not_given"),
            ("bag", " 2 ", "2"),
            ("lot", None, ""),
            ("visit", 2, 2),
            ("is_on_pump", True, True),
            ("pauses", [["2026-01-15T15:00Z", "2026-01-15T15:10Z"]], ((MORNING, MORNING + timedelta(minutes=10)),)),
            (
                "pauses",
                [{"started_at": "2026-01-15T15:00Z", "stopped_at": "2026-01-15T15:10Z"}],
                ((MORNING, MORNING + timedelta(minutes=10)),),
            ),
            (
                "containers",
                [{"size_amount": "100", "size_unit": "mg", "count": 2, "is_single_dose": True}],
                (Opened(Decimal(100), "mg", 2, is_single_dose=True),),
            ),
        ],
    )
    def test_gives_the_fields_own_type(self, field: str, value: object, expected: object) -> None:
        assert read_change(field=field, value=value) == expected

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("encounter", 1),
            ("id", 1),
            ("external_id", "other"),
            ("started_at", "yesterday"),
            ("started_at", "2026-01-15T10:00:00"),
            ("minutes", -1),
            ("minutes", "1.5"),
            ("dose_amount", "-1"),
            ("dose_amount", "NaN"),
            ("dose_amount", "much"),
            ("route", "by mouth"),
            ("kind", "drug"),
            ("status", ""),
            ("visit", 0),
            ("is_on_pump", "yes"),
            ("pauses", "10:00-10:10"),
            ("pauses", [["2026-01-15T15:00Z"]]),
            ("pauses", [["2026-01-15T15:00Z", None]]),
            ("pauses", [["2026-01-15T15:10Z", "2026-01-15T15:00Z"]]),
            ("containers", [{"size_amount": "0"}]),
            ("containers", ["vial"]),
            ("containers", [{"size_amount": "1", "count": 0}]),
        ],
    )
    def test_refuses_and_names_the_field(self, field: str, value: object) -> None:
        with pytest.raises(UnableToReadChange, match=f"^{field}: .+") as caught:
            read_change(field=field, value=value)
        assert caught.value.field == field

    def test_every_reader_leads_to_a_field_of_the_statement(self) -> None:
        assert set(READERS) <= set(statement.__annotations__["return"].__dataclass_fields__)


@pytest.mark.django_db
class TestStatement:
    def test_without_addenda_is_what_was_charted(self) -> None:
        given = DrugAdministrationFactory.create(bag="1")
        VascularAccessFactory.create(encounter=given.encounter)
        AdministrationPauseFactory.create(administration=given)
        ContainerFactory.create(administration=given)
        said = statement(given)
        assert (said.drug_name, said.bag, said.access, said.order) == ("Cefazolin", "1", "", "")
        assert said.pauses == ((MORNING + timedelta(minutes=20), MORNING + timedelta(minutes=30)),)
        assert said.containers == (Opened(Decimal(1000), "mg", 1, is_single_dose=True),)

    def test_the_newest_value_of_a_field_counts_and_others_stay(self) -> None:
        given = DrugAdministrationFactory.create(stopped_at=None)
        late, later = MORNING + timedelta(hours=5), MORNING + timedelta(hours=6)
        AddendumFactory.create(administration=given, changes={"bag": "later"}, at=later)
        AddendumFactory.create(administration=given, changes={"bag": "late", "lot": "L1"}, at=late)
        said = statement(given)
        assert (said.bag, said.lot, said.drug_name) == ("later", "L1", "Cefazolin")

    def test_a_what_if_lies_over_the_addenda(self) -> None:
        addendum = AddendumFactory.create(changes={"bag": "addendum"})
        assert statement(addendum.administration, changes={"bag": "what if"}).bag == "what if"

    def test_says_when_the_drug_was_named_anew(self) -> None:
        given = DrugAdministrationFactory.create()
        assert not statement(given, changes={"lot": "L1"}).is_drug_restated
        assert statement(given, changes={"drug_name": "ceftriaxone"}).is_drug_restated


@pytest.mark.django_db
class TestClock:
    """`minutes` stands in for the clock time that is missing."""

    START, STOP = MORNING, MORNING + timedelta(minutes=60)

    @pytest.mark.parametrize(
        ("start", "stop", "minutes", "expected"),
        [
            (START, None, 45, (START, START + timedelta(minutes=45))),
            (None, STOP, 45, (STOP - timedelta(minutes=45), STOP)),
            (START, STOP, 45, (START, STOP)),
            (START, None, None, (START, None)),
            (None, None, 45, (None, None)),
        ],
        ids=["start and minutes", "stop and minutes", "clock times win", "start alone", "minutes alone"],
    )
    def test_gives_start_and_stop(
        self, start: datetime | None, stop: datetime | None, minutes: int | None, expected: tuple[object, object]
    ) -> None:
        given = DrugAdministrationFactory.create(started_at=start, stopped_at=stop, minutes=minutes)
        assert statement(given).clock == expected

    def test_keeps_true_minutes_whatever_the_offset(self) -> None:
        eastern = timezone(timedelta(hours=-5))
        given = DrugAdministrationFactory.create(stopped_at=None, minutes=30)
        said = statement(given, changes={"started_at": MORNING.astimezone(eastern).isoformat()})
        assert said.clock == (MORNING, MORNING + timedelta(minutes=30))
