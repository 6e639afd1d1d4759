"""What is computed offline: the draw, the comparison of lines, exact intervals, scores and kappa."""

from fractions import Fraction
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.sampling import verify_sample as script


def line(code: str = "96365", units: int = 1, *modifiers: str) -> dict[str, Any]:
    return {"code": code, "units": units, "modifiers": list(modifiers), "date": "2026-01-15"}


def item(final: list[dict[str, Any]], *audits: list[dict[str, Any]], **values: object) -> dict[str, Any]:
    return {
        "encounter": 1,
        "stratum": "all",
        "coder": "Ana",
        "final": final,
        "suggested": final,
        "prices": {"96365": "100.00", "96366": "10.00"},
        "audits": [{"locked_at": "2026-01-17", "lines": lines, "rulings": []} for lines in audits],
    } | values


SAMPLE = {"confidence": 0.95, "seed": "s", "strata": {"all": 100}}


class TestClopperPearson:
    @pytest.mark.parametrize(
        ("right", "number", "confidence", "low", "high"),
        [
            # Clopper and Pearson's own belts, and tables that every textbook repeats.
            (0, 10, 0.95, 0.0, 0.3085),
            (5, 10, 0.95, 0.1871, 0.8129),
            (10, 10, 0.95, 0.6915, 1.0),
            (1, 20, 0.95, 0.0013, 0.2487),
            (0, 59, 0.90, 0.0, 0.0495),
            (55, 62, 0.95, 0.7811, 0.9534),
            (484, 507, 0.95, 0.9327, 0.9710),
        ],
    )
    def test_is_as_published(self, right: int, number: int, confidence: float, low: float, high: float) -> None:
        found = script.clopper_pearson(right, number, confidence)
        assert found == pytest.approx([low, high], abs=6e-5)

    @given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_leaves_half_of_alpha_on_each_side_by_exact_arithmetic(self, counted: tuple[int, int]) -> None:
        right, number = counted
        low, high = script.clopper_pearson(right, number, 0.95) or (0, 0)

        def at_least(k: int, p: Fraction) -> Fraction:
            return sum((comb(number, i) * p**i * (1 - p) ** (number - i) for i in range(k, number + 1)), Fraction(0))

        if right:
            assert float(at_least(right, Fraction(low))) == pytest.approx(0.025, abs=1e-9)
        if right < number:
            assert float(1 - at_least(right + 1, Fraction(high))) == pytest.approx(0.025, abs=1e-9)

    def test_of_nothing_is_none(self) -> None:
        assert script.clopper_pearson(0, 0, 0.95) is None


class TestDraw:
    UNITS = [[n, 1, 1, "r", "l", "odd" if n % 2 else "even", "Ana", "1.00"] for n in range(1, 101)]

    def test_gives_the_same_again_in_any_order_of_the_frame(self) -> None:
        sizes = {"odd": 5, "even": 3}
        first = script.draw(self.UNITS, sizes, "seed", "hash")
        assert first == script.draw(self.UNITS[::-1], sizes, "seed", "hash")
        assert sorted(stratum for _, stratum, _ in first) == ["even"] * 3 + ["odd"] * 5
        assert first != script.draw(self.UNITS, sizes, "another seed", "hash")

    def test_gives_every_unit_the_same_chance(self) -> None:
        counts = dict.fromkeys(range(1, 101), 0)
        for seed in range(2000):
            for encounter, _, _ in script.draw(self.UNITS, {"odd": 10, "even": 10}, str(seed), "hash"):
                counts[encounter] += 1
        # 400 expected of each, deviation 18: nobody is six deviations away.
        assert all(292 < count < 508 for count in counts.values())


class TestCompare:
    def test_pairs_what_is_the_same_first(self) -> None:
        rows = script.compare([line("96366", 2), line("96366", 1)], [line("96366", 1), line("96375")])
        assert [(one and one["units"], other and other["code"], same) for one, other, same in rows] == [
            (2, None, False),
            (1, "96366", True),
            (None, "96375", False),
        ]

    def test_sees_every_field(self) -> None:
        assert script.compare([line("J1", 1, "JZ")], [line("J1", 1, "JW")])[0][2] is False


class TestScores:
    def test_count_lines_encounters_and_money(self) -> None:
        right = item([line(), line("96366", 2)], [line(), line("96366", 2)])
        wrong = item([line(), line("96366", 3)], [line(), line("96366", 1), line("96375")], encounter=2)
        open_one = item([line()], [line()], encounter=3)
        open_one["audits"][0]["locked_at"] = None
        found = script.scores(SAMPLE, [right, wrong, open_one])
        assert (found["reviewed"], found["drawn"]) == (2, 3)
        assert [found[name]["right"] for name in ("line_exact", "precision", "recall", "encounter_exact")] == [
            3,
            3,
            3,
            1,
        ]
        assert [found[name]["n"] for name in ("line_exact", "precision", "recall", "encounter_exact")] == [5, 4, 5, 2]
        money = found["money"]
        assert (money["billed"], money["net"], money["gross"], money["lines_without_price"]) == (250.0, 20.0, 20.0, 1)
        assert money["overpayments"] == [0.0, 20.0]
        low, high = money["net_interval"]
        assert low <= money["net_rate"] <= high

    def test_take_a_concession_and_a_leads_word_as_right(self) -> None:
        wrong = item([line("96366", 3)], [line("96366", 1)])
        for kind, is_right in (("conceded", 1), ("disagreed", 0), ("overturned", 1), ("upheld", 0)):
            wrong["audits"][0]["rulings"] = [{"row": 1, "kind": "disagreed"}, {"row": 1, "kind": kind}]
            found = script.scores(SAMPLE, [wrong])
            assert found["line_exact"]["right"] == is_right, kind
            assert found["money"]["net"] == (0 if is_right else 20)

    def test_of_nothing_are_nothing(self) -> None:
        found = script.scores(SAMPLE, [])
        assert found["line_exact"] == {"right": 0, "n": 0, "rate": None, "interval": None}
        assert found["money"]["net_interval"] is None
        assert found["kappa"]["kappa"] is None


class TestKappa:
    def test_is_cohens(self) -> None:
        """Cohen's own way on 50 lines: both right 20, both wrong 15, 5 and 10 apart: kappa 0.4."""
        told = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
        wrong, said = [line(units=9)], [line()]
        items = [
            item(said, said if one else wrong, said if two else wrong, encounter=n) for n, (one, two) in enumerate(told)
        ]
        found = script.kappa(items, 0.95, "s")
        assert found["kappa"] == pytest.approx(0.4)
        assert found["encounters"] == 50
        assert found["interval"][0] < 0.4 < found["interval"][1]
