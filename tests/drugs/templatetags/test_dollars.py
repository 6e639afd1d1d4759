from decimal import Decimal

import pytest

from drugs.templatetags.dollars import change, day_of


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (Decimal("1234.5"), "+1,234.50"),
        ("-22877.42", "−22,877.42"),
        (0, "0.00"),
        (None, ""),
        ("", ""),
    ],
    ids=str,
)
def test_a_change_has_its_sign(amount: object, words: str) -> None:
    assert change(amount) == words


def test_a_stored_day_is_written_out() -> None:
    assert day_of("2026-09-04") == "4 Sep 2026"
