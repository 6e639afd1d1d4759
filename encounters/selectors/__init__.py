"""Reads for the pages. Nothing here changes anything."""

from encounters.models.queue import Tab
from encounters.selectors.encounters import (
    EncounterDetail,
    encounter_detail,
    encounter_for_review,
    failed,
    final_lines_of,
    history,
    open_refusals,
    runs_of,
)
from encounters.selectors.permission import READ
from encounters.selectors.queue import (
    BEST_FIRST,
    EVERYTHING,
    SAVED_COUNT_MOST,
    Narrowed,
    claims,
    first_places,
    fitting,
    narrowed,
    queue_page,
    review_queue,
    saved_filters,
    scored,
    tab_counts,
)

__all__ = [
    "BEST_FIRST",
    "EVERYTHING",
    "READ",
    "SAVED_COUNT_MOST",
    "EncounterDetail",
    "Narrowed",
    "Tab",
    "claims",
    "encounter_detail",
    "encounter_for_review",
    "failed",
    "final_lines_of",
    "first_places",
    "fitting",
    "history",
    "narrowed",
    "open_refusals",
    "queue_page",
    "review_queue",
    "runs_of",
    "saved_filters",
    "scored",
    "tab_counts",
]
