"""Segments of one order joined to one run: a change of rate is no new infusion, a gap is a pause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from encounters.intake.records import PauseRecord


@dataclass(frozen=True, slots=True)
class Run:
    """One run from its first start to its last stop, with what did not run between."""

    started_at: datetime
    stopped_at: datetime
    pauses: tuple[PauseRecord, ...]


def joined(segments: Iterable[tuple[datetime, datetime]]) -> Run:
    """The run that these segments make up; they may touch and overlap, and there is at least one."""
    ordered = sorted(segments)
    start, reached = ordered[0]
    pauses = []
    for begun, ended in ordered[1:]:
        if begun > reached:
            pauses.append(PauseRecord(reached, begun))
        reached = max(reached, ended)
    return Run(start, reached, tuple(pauses))
