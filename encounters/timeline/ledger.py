"""The minute ledger read for drawing: where each administration's minutes went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.result import CodingResult, LedgerEntry
from rules.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Stretch:
    """Minutes that ran on the clock from `start` to `stop` and went to a line's key or to a reason."""

    start: datetime
    stop: datetime
    bucket: str
    is_line: bool

    @property
    def is_pause(self) -> bool:
        """Nothing ran in it."""
        return not self.is_line and self.bucket == Reason.PAUSED


@dataclass(frozen=True, slots=True)
class MinuteSums:
    """Charted minutes of an encounter: `charted` = `in_lines` + `paused` + `not_billed`."""

    charted: int
    in_lines: int
    paused: int
    not_billed: int


def minute_sums(result: CodingResult) -> MinuteSums:
    """The minute ledger summed up, over all administrations."""
    in_lines = sum(entry.minutes for entry in result.minute_ledger if entry.is_line)
    paused = sum(_minutes_of_reason(result.minute_ledger, Reason.PAUSED))
    charted = sum(entry.minutes for entry in result.minute_ledger)
    return MinuteSums(charted, in_lines, paused, charted - in_lines - paused)


def _minutes_of_reason(entries: Sequence[LedgerEntry], reason: Reason) -> list[int]:
    return [entry.minutes for entry in entries if not entry.is_line and entry.bucket == reason]


def stretches_of(result: CodingResult, administrations: frozenset[str]) -> tuple[Stretch, ...]:
    """The stretches of `administrations` in clock order; two of one bag that say the same are one."""
    found = {
        Stretch(datetime.fromisoformat(start), datetime.fromisoformat(stop), entry.bucket, entry.is_line)
        for entry in result.minute_ledger
        if entry.administration in administrations
        for start, stop in entry.spans
    }
    kept: list[Stretch] = []
    for stretch in sorted(found, key=lambda each: (each.start, not each.is_line, each.bucket, each.stop)):
        if kept and stretch.start < kept[-1].stop:
            # Two members of one bag may be told differently about the same minutes; the line's telling is drawn.
            if stretch.stop <= kept[-1].stop:
                continue
            stretch = Stretch(kept[-1].stop, stretch.stop, stretch.bucket, stretch.is_line)  # noqa: PLW2901 (cut to what is left)
        kept.append(stretch)
    return tuple(kept)
