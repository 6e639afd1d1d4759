"""What happened to an encounter, as the workbench prints it: addenda, changes since it waited, two coders compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from encounters import coding
from encounters.installed import load_rulebook
from encounters.models import Review
from encounters.models.coding import CodingRun
from encounters.models.review import ReviewState
from encounters.review.desk import AddendumSaid
from encounters.review.differences import Difference, LineChange, difference
from encounters.review.hold import OPEN_STATES
from encounters.views.line_rows import LineRow, suggested_label
from encounters.views.workbench import Workbench
from rules import explain
from rules.explain import LineExplanation
from rules.facts import Administration
from rules.result import CodedLine

FIELD_WORDS = {
    "started_at": "start",
    "stopped_at": "stop",
    "dose_amount": "dose",
    "dose_unit": "unit of the dose",
    "discarded_amount": "discarded",
    "discarded_unit": "unit of the discarded amount",
    "volume_ml": "volume, mL",
    "access_reason": "reason of the access",
    "drug_name": "drug",
    "ndc": "NDC",
}


@dataclass(frozen=True, slots=True)
class AddendumRow:
    """An addendum with its fields in words: name, before, after."""

    said: AddendumSaid
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line as it was and as it is, in the words of a claim; either may be empty."""

    before: str
    after: str
    dollars: Decimal | None
    is_same: bool
    label: str


@dataclass(frozen=True, slots=True)
class ChangeRows:
    """What one coding says otherwise than another."""

    lines: tuple[ChangeRow, ...]
    mended: tuple[str, ...]
    arisen: tuple[str, ...]
    dollars: Decimal | None
    same: frozenset[str] = frozenset()
    """Keys of the lines of the later coding that bill what they did."""

    def __bool__(self) -> bool:
        return bool(self.lines or self.mended or self.arisen)

    @property
    def folded(self) -> frozenset[str]:
        """The lines that a page may fold away: those left as they were, where others are not."""
        return self.same if any(not each.is_same and each.after for each in self.lines) else frozenset()


@dataclass(frozen=True, slots=True)
class TwoCoders:
    """One line as suggested, as the first coder left it, and as it stands."""

    suggested: str
    first: str
    now: str


def addendum_rows(addenda: Sequence[AddendumSaid], time_zone: str) -> tuple[AddendumRow, ...]:
    """The addenda, the newest first, times on the clinic's clock."""
    zone = ZoneInfo(time_zone)
    return tuple(
        AddendumRow(
            said=each,
            fields=tuple(
                (
                    field_words(name),
                    _value(each.before[name], zone) if name in each.before else "",
                    _value(value, zone),
                )
                for name, value in each.changes.items()
            ),
        )
        for each in reversed(addenda)
    )


def amended(rows: Sequence[AddendumRow]) -> Mapping[str, str]:
    """Administration → what the addenda in force said of it, to stand on its bar."""
    found: dict[str, str] = {}
    for row in reversed(rows):
        if row.said.is_withdrawn or row.said.is_withdrawal:
            continue
        fields = [f"{name} {before or 'not charted'} → {after or 'not charted'}" for name, before, after in row.fields]
        told = f"; addendum by {row.said.author_name}: {', '.join(fields)} ({row.said.reason})"
        found[row.said.administration] = found.get(row.said.administration, "") + told
    return found


def field_words(name: str) -> str:
    """A field of an administration in words."""
    return FIELD_WORDS.get(name, name.replace("_", " "))


def change_rows(found: Difference, *, given: Iterable[Administration] = (), is_whole: bool = False) -> ChangeRows:
    """A difference in words; `given` tells what drug lines are of, `is_whole` keeps the lines that are the same."""
    by_id = {each.id: each for each in given}
    return ChangeRows(
        lines=tuple(_change(each, by_id) for each in (found.lines if is_whole else found.changes)),
        mended=tuple(explain.finding_title(each) for each in found.mended),
        arisen=tuple(explain.finding_title(each) for each in found.arisen),
        dollars=found.dollars,
        same=frozenset(each.line.key for each in found.lines if each.is_same),
    )


def between(earlier: CodingRun, later: CodingRun) -> ChangeRows:
    """What a later run says otherwise than an earlier one."""
    return change_rows(difference(coding.result_of(earlier), coding.result_of(later)))


def since_pended(review: Review) -> ChangeRows | None:
    """What the coding says otherwise than when the review was pended; None where it did not just wake."""
    if not review.woken_because or review.pended_run is None or review.state not in OPEN_STATES:
        return None
    return between(review.pended_run, review.run)


def since_accepted(review: Review) -> ChangeRows | None:
    """What the coding says otherwise than the one that was accepted; None where it stands, or just woke."""
    if review.state != ReviewState.CHANGED or review.accepted_run is None or review.woken_because:
        return None
    return between(review.accepted_run, review.run)


def first_coder_rows(review: Review, bench: Workbench) -> tuple[TwoCoders, ...]:
    """Line by line where suggestion, first coder and the lines as they stand do not all agree."""
    if not review.first_coding or review.state in {ReviewState.ACCEPTED, ReviewState.CHANGED}:
        return ()
    first = {str(row["key"]): row for row in review.first_coding}
    rows = {row.line.key: row for row in (*bench.services, *bench.drug_lines)}
    found = []
    for key in dict.fromkeys([*rows, *first]):
        row, kept = rows.get(key), first.get(key)
        suggested = _line_words(row.line.suggested) if row and row.line.suggested else ""
        three = TwoCoders(suggested, _kept_words(kept) if kept else "", _row_words(row) if row else "")
        if not three.suggested == three.first == three.now:
            found.append(three)
    return tuple(found)


def why_of(review: Review, key: str) -> tuple[str, LineExplanation] | None:
    """The key of a suggested line with everything that stands behind it; None where there is no such line."""
    if not key:
        return None
    line = next((each for each in coding.result_of(review.run).lines if each.key == key), None)
    return (key, explain.line_explanation(line, rulebook=load_rulebook())) if line else None


def _value(value: object, zone: ZoneInfo) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{len(value)} charted"
    try:
        moment = datetime.fromisoformat(str(value)) if "T" in str(value) else None
    except ValueError:
        moment = None
    return f"{moment.astimezone(zone):%d %b %H:%M}" if moment and moment.tzinfo else str(value)


def _change(each: LineChange, given: Mapping[str, Administration]) -> ChangeRow:
    of_it = [given[one] for one in each.line.administrations if one in given]
    return ChangeRow(
        before=_line_words(each.before) if each.before else "",
        after=_line_words(each.after) if each.after else "",
        dollars=each.dollars,
        is_same=each.is_same,
        label=suggested_label(each.line, of_it, load_rulebook()),
    )


def _line_words(line: CodedLine) -> str:
    return _words(line.code, line.units, line.modifiers)


def _kept_words(kept: Mapping[str, object]) -> str:
    if not kept["is_billed"]:
        return "not billed"
    modifiers = kept["modifiers"]
    return _words(str(kept["code"]), int(str(kept["units"])), modifiers if isinstance(modifiers, list) else ())


def _row_words(row: LineRow) -> str:
    if not row.line.is_billed:
        return "not billed"
    return _words(row.line.code, row.line.units, row.line.modifiers)


def _words(code: str, units: int, modifiers: Sequence[str]) -> str:
    return " ".join((code, *modifiers, f"×{units}"))
