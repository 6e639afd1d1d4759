"""The payment limits of a code over the quarters, as a drawing: steps, one level a quarter, with gaps where none is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from drugs.models import Price

WIDTH, HEIGHT = 560, 120
LEFT, TOP, BOTTOM = 64, 12, 22
"""Room for the dollars at the left, above the highest level, and for the quarters below."""
TOUCHING = 0.01


@dataclass(frozen=True, slots=True)
class Level:
    """The limit of one quarter, from `x` to `x2` at height `y`."""

    quarter: date
    price: Price
    x: float
    x2: float
    y: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return (self.x + self.x2) / 2


@dataclass(frozen=True, slots=True)
class PriceChart:
    """One code. `path` is the step line in the drawing's own units, `WIDTH` by `HEIGHT`."""

    code: str
    levels: tuple[Level, ...]
    quarters: tuple[tuple[date, float], ...]
    """First days, each with the middle of its column."""
    path: str
    low: Decimal
    high: Decimal
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def first(self) -> Level:
        """The earliest limit."""
        return self.levels[0]

    @property
    def last(self) -> Level:
        """The latest limit."""
        return self.levels[-1]

    @property
    def percent(self) -> Decimal:
        """How much the latest is above the earliest, in percent; 0 where the earliest is nothing."""
        start = self.first.price.payment_limit
        return (self.last.price.payment_limit / start - 1) * 100 if start else Decimal(0)


def price_charts(
    quarters: Sequence[date], prices: Sequence[tuple[str, Sequence[Price | None]]]
) -> tuple[PriceChart, ...]:
    """Return a drawing for each code with a price in two quarters or more; one level alone is no course."""
    charts = (_chart(code, quarters, row) for code, row in prices if sum(price is not None for price in row) > 1)
    return tuple(charts)


def _chart(code: str, quarters: Sequence[date], row: Sequence[Price | None]) -> PriceChart:
    known = [price.payment_limit for price in row if price is not None]
    low, high = min(known), max(known)
    column = (WIDTH - LEFT) / len(quarters)
    levels = tuple(
        Level(quarter, price, LEFT + column * nth, LEFT + column * (nth + 1), _height(price.payment_limit, low, high))
        for nth, (quarter, price) in enumerate(zip(quarters, row, strict=True))
        if price is not None
    )
    middles = tuple((quarter, LEFT + column * (nth + 0.5)) for nth, quarter in enumerate(quarters))
    return PriceChart(code, levels, middles, _path(levels), low, high)


def _height(price: Decimal, low: Decimal, high: Decimal) -> float:
    room = HEIGHT - TOP - BOTTOM
    if high == low:
        return TOP + room / 2
    return TOP + room * float((high - price) / (high - low))


def _path(levels: Sequence[Level]) -> str:
    """A move to each level that follows a gap, a line to each that follows another."""
    parts = []
    end = -1.0
    for level in levels:
        step = "L" if abs(end - level.x) < TOUCHING else "M"
        parts.append(f"{step}{level.x:.1f} {level.y:.1f}H{level.x2:.1f}")
        end = level.x2
    return "".join(parts)
