from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from structlog.testing import capture_logs

from drugs import tasks
from tests.factories.drugs import listed_drug


@pytest.mark.django_db
class TestReportFormularyGaps:
    @time_machine.travel(datetime(2026, 1, 15, 10, 0, tzinfo=ZoneInfo("America/New_York")), tick=False)
    def test_logs_each_gap_by_id(self) -> None:
        drug = listed_drug("one")
        listed_drug("two", code="J0001")
        with capture_logs() as logs:
            assert tasks.report_formulary_gaps() == 1
        (entry,) = logs
        assert (entry["event"], entry["kind"], entry["drug"], str(entry["on"])) == (
            "formulary_gap",
            "no_code",
            drug.pk,
            "2026-01-15",
        )
