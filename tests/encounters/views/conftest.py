"""What a test of a page finds: the day after the visit, and a clean encounter."""

from collections.abc import Iterator

import pytest
import time_machine

from encounters.models import Review
from tests.encounters.views.desk import a_clean_encounter
from tests.factories.encounters import DAY_AFTER


@pytest.fixture
def the_day_after() -> Iterator[None]:
    """It is the morning after the visit, and stays so."""
    with time_machine.travel(DAY_AFTER, tick=False):
        yield


@pytest.fixture
def review() -> Review:
    """A clean encounter, ready to be accepted."""
    return a_clean_encounter()
