"""Minutes, spans and amounts: the doctests as tests, and their edges."""

import ast
import doctest
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import amounts, chronology, engine, ndc
from rules.facts import Quantity
from rules.stages import diagnoses

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6).map(chronology.union)


@pytest.mark.parametrize("module", [amounts, chronology, diagnoses, engine, ndc], ids=lambda module: module.__name__)
def test_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    # Read from the source, as a compiled module shows no function of its own to look for examples in.
    place = Path(str(module.__file__))
    source = place.with_name(f"{place.name.partition('.')[0]}.py").read_text(encoding="utf-8")
    parts = [part for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Module | ast.FunctionDef)]
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for part in parts:
        words = ast.get_docstring(part) or ""
        runner.run(parser.get_doctest(words, dict(vars(module)), module.__name__, None, None))
    assert runner.summarize().attempted
    assert not runner.summarize().failed


def minutes(spans: chronology.Spans) -> set[int]:
    return {minute for start, stop in spans for minute in range(start, stop)}


@given(SPANS, SPANS)
def test_spans_are_sets_of_minutes(one: chronology.Spans, other: chronology.Spans) -> None:
    assert minutes(chronology.union([*one, *other])) == minutes(one) | minutes(other)
    assert minutes(chronology.minus(one, other)) == minutes(one) - minutes(other)
    assert minutes(chronology.common(one, other)) == minutes(one) & minutes(other)
    assert chronology.total(one) == len(minutes(one))
    assert [chronology.minute_at(one, index) for index in range(len(minutes(one)))] == sorted(minutes(one))
    assert minutes(chronology.first_minutes(one, 7)) == set(sorted(minutes(one))[:7])


def test_what_is_kept_has_a_bound_and_no_end() -> None:
    for count in range(5000):
        zone = timezone(timedelta(seconds=count))
        assert chronology.offset_of(datetime(2026, 1, 15, tzinfo=zone)) == count // 60
        assert chronology.local_date(count * 1440, 0).toordinal() == date(1970, 1, 1).toordinal() + count
        # The texts of a whole day are made for each offset: fifty of them are more than are kept.
        ahead = count // 100
        assert chronology.clock_text(count * 1440, ahead).endswith(f"T00:{ahead:02d}+00:{ahead:02d}")


def test_there_is_no_minute_past_the_end() -> None:
    with pytest.raises(ValueError, match="end before"):
        chronology.minute_at(((0, 10),), 10)


def test_there_is_no_hour_past_the_end() -> None:
    with pytest.raises(ValueError, match="end before"):
        chronology.minutes_at(((0, 10), (20, 30)), 5, 10, 3)


@pytest.mark.parametrize(
    ("zone", "minute", "offset"),
    [
        (None, 600, 0),
        (UTC, 600, 0),
        (timezone(timedelta(hours=-5)), 900, -300),
        (timezone(timedelta(hours=5, seconds=30)), 299, 300),
        (ZoneInfo("America/New_York"), 900, -300),
    ],
    ids=str,
)
def test_clocks_of_any_zone_are_read(zone: tzinfo | None, minute: int, offset: int) -> None:
    clock = datetime(1970, 1, 1, 10, tzinfo=zone)
    assert chronology.minute_of(clock) == minute
    assert chronology.offset_of(clock) == offset
    assert chronology.minutes_and_offset(clock, clock) == (minute, minute, offset)


def test_dates_stay_within_the_calendar() -> None:
    assert chronology.local_date(-(10**12), 0) == date.min
    assert chronology.local_date(10**12, 0) == date.max


@pytest.mark.parametrize(
    ("amount", "unit", "wanted"),
    [
        ("1 g", "mg", "1000"),
        ("250 mcg", "mg", "0.25"),
        ("1 L", "mL", "1000"),
        ("5 IU", "units", "5"),
        ("1 mg", "mEq", None),
    ],
)
def test_amounts_convert_exactly_or_not_at_all(amount: str, unit: str, wanted: str | None) -> None:
    number, source = amount.split()
    found = amounts.converted(Quantity(Decimal(number), source), unit)
    assert found == (None if wanted is None else Decimal(wanted))


def test_a_concentration_leads_both_ways() -> None:
    per_ml = Quantity(Decimal(10), "mg")
    assert amounts.converted(Quantity(Decimal(5), "mL"), "mg", per_ml) == 50
    assert amounts.converted(Quantity(Decimal(50), "mg"), "mL", per_ml) == 5
    assert amounts.converted(Quantity(Decimal(5), "units"), "mL", per_ml) is None
    assert amounts.converted(Quantity(Decimal(5), "mL"), "mg", Quantity(Decimal(0), "mg")) is None
    assert amounts.converted(Quantity(Decimal("NaN"), "mg"), "mg") is None


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("1234-5678-90", "01234567890"),
        ("12345-678-90", "12345067890"),
        ("12345-6789-0", "12345678900"),
        ("12345-6789-01", "12345678901"),
        ("12345678901", "12345678901"),
        ("123456-789-01", None),
        ("12-34", None),
        ("1234-567-8", None),
        ("abcde-6789-01", None),
    ],
)
def test_an_ndc_has_eleven_digits_on_a_claim(label: str, wanted: str | None) -> None:
    assert ndc.ndc_of_claim(label) == wanted


def test_no_container_makes_no_dose() -> None:
    assert amounts.smallest_opened(Decimal(5), []) is None
    assert amounts.smallest_opened(Decimal(10**7), [Decimal(1), Decimal("1.5"), Decimal("1.7")]) is None
    assert amounts.plain(Decimal("NaN")) == "NaN"
