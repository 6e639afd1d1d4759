"""Reads. Nothing here changes the formulary, and nothing guesses."""

from drugs.selectors.catalogue import (
    DrugSummary,
    Gap,
    GapKind,
    drugs_in_force,
    formulary_version,
    gaps,
    search,
    summaries,
)
from drugs.selectors.codes import billing_codes_for, codes_for
from drugs.selectors.record import DrugRecord, HistoryEntry, drug_record
from drugs.selectors.resolution import Charted, MatchedBy, Resolution, Unresolved, resolve, resolve_many

__all__ = [
    "Charted",
    "DrugRecord",
    "DrugSummary",
    "Gap",
    "GapKind",
    "HistoryEntry",
    "MatchedBy",
    "Resolution",
    "Unresolved",
    "billing_codes_for",
    "codes_for",
    "drug_record",
    "drugs_in_force",
    "formulary_version",
    "gaps",
    "resolve",
    "resolve_many",
    "search",
    "summaries",
]
