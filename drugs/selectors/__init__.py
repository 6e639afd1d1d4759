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
from drugs.selectors.codes import billing_codes_for, codes_for, find_codes
from drugs.selectors.imports import (
    DifferenceLine,
    GroupSummary,
    acts_of,
    conflicts_of,
    differences_of,
    groups_of,
    imports_for,
    lines_of,
)
from drugs.selectors.record import DrugRecord, HistoryEntry, drug_record
from drugs.selectors.resolution import Charted, MatchedBy, Resolution, Unresolved, resolve, resolve_many

__all__ = [
    "Charted",
    "DifferenceLine",
    "DrugRecord",
    "DrugSummary",
    "Gap",
    "GapKind",
    "GroupSummary",
    "HistoryEntry",
    "MatchedBy",
    "Resolution",
    "Unresolved",
    "acts_of",
    "billing_codes_for",
    "codes_for",
    "conflicts_of",
    "differences_of",
    "drug_record",
    "drugs_in_force",
    "find_codes",
    "formulary_version",
    "gaps",
    "groups_of",
    "imports_for",
    "lines_of",
    "resolve",
    "resolve_many",
    "search",
    "summaries",
]
