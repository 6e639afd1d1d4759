"""What a web process reads before its first request, so that nobody waits for it."""

import gc

import structlog
from django.db import DatabaseError, connection

from drugs import index
from encounters.installed import load_rulebook

logger = structlog.get_logger(__name__)


def warm() -> None:
    """Rules and formulary are in this process's memory; without its database it comes up all the same.

    What was read is left out of every later search for cycles: looking through all of it, which stays, made one request
    in sixty wait a tenth of a second.
    """
    load_rulebook()
    try:
        index.current_index()
    except DatabaseError as error:
        # The first question reads the formulary then.
        logger.warning("formulary not read yet", error=type(error).__name__)
    finally:
        connection.close()
        gc.collect()
        gc.freeze()
