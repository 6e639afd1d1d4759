import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings
from django.db import DatabaseError

from infusion_coder import logs

MRN = "MRN-SECRET"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged as JSON, for as long as the test runs."""
    stream = io.StringIO()
    configuration = logs.configuration(level="INFO", style="JSON")
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


class TestConfiguration:
    def test_writes_keys_and_values(self, written: io.StringIO) -> None:
        with structlog.contextvars.bound_contextvars(request_id="abc"):
            structlog.get_logger("coding").info("run stored", encounter_id=7)
        line = json.loads(written.getvalue())
        assert (line["event"], line["encounter_id"], line["request_id"]) == ("run stored", 7, "abc")

    def test_takes_in_what_others_log(self, written: io.StringIO) -> None:
        logging.getLogger("django.request").warning("Not Found: %s", "/x/")
        assert json.loads(written.getvalue())["event"] == "Not Found: /x/"

    def test_withholds_the_values_that_a_database_error_quotes(self, written: io.StringIO) -> None:
        refusal = DatabaseError(f"duplicate key\nDETAIL:  Key (mrn)=({MRN}) already exists.")
        try:
            raise refusal
        except DatabaseError:
            logging.getLogger("encounters").exception("not stored")
        line = json.loads(written.getvalue())
        assert MRN not in written.getvalue()
        assert "duplicate key\nDETAIL: (withheld)" in line["exception"]
