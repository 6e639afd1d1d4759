"""Reads for the pages. Nothing here changes anything."""

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
from encounters.selectors.queue import BEST_FIRST, Tab, claims, finding_kinds, review_queue, scored, tab_counts

__all__ = [
    "BEST_FIRST",
    "READ",
    "EncounterDetail",
    "Tab",
    "claims",
    "encounter_detail",
    "encounter_for_review",
    "failed",
    "final_lines_of",
    "finding_kinds",
    "history",
    "open_refusals",
    "review_queue",
    "runs_of",
    "scored",
    "tab_counts",
]
