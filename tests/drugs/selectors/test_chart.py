from datetime import date
from decimal import Decimal

import pytest

from drugs.models import Price
from drugs.selectors.chart import HEIGHT, WIDTH, price_charts

QUARTERS = (date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1))


def prices(*limits: str | None) -> list[tuple[str, list[Price | None]]]:
    rows = [Price(hcpcs_id="J0001", payment_limit=Decimal(limit)) if limit else None for limit in limits]
    return [("J0001", rows)]


class TestPriceCharts:
    def test_draws_a_step_for_each_quarter_the_dearest_on_top(self) -> None:
        (chart,) = price_charts(QUARTERS, prices("10", "12", "11", "20"))
        heights = [level.y for level in chart.levels]
        assert heights.index(min(heights)) == 3
        assert heights.index(max(heights)) == 0
        assert chart.path.count("M") == 1
        assert chart.path.count("L") == 3
        assert (chart.low, chart.high, chart.percent) == (10, 20, 100)

    def test_leaves_a_gap_where_no_limit_was_published(self) -> None:
        (chart,) = price_charts(QUARTERS, prices("10", None, "11", "12"))
        assert chart.path.count("M") == 2
        assert [level.quarter for level in chart.levels] == [QUARTERS[0], *QUARTERS[2:]]

    @pytest.mark.parametrize("limits", [("10", None, None, None), (None, None, None, None)], ids=["one", "none"])
    def test_one_level_alone_is_no_course(self, limits: tuple[str | None, ...]) -> None:
        assert price_charts(QUARTERS, prices(*limits)) == ()

    @pytest.mark.parametrize("limits", [("10", "10", "10", "10"), ("0", "1", "2", "3")], ids=["level", "from nothing"])
    def test_stays_inside_the_drawing(self, limits: tuple[str, ...]) -> None:
        (chart,) = price_charts(QUARTERS, prices(*limits))
        assert all(0 <= level.y <= HEIGHT for level in chart.levels)
        assert abs(chart.last.x2 - WIDTH) < 0.01
