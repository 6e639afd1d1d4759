"""A whole result in words: sections of entries, each with its rows. The same text for page, API and dossier."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from rules import explain
from rules.explain import Row
from rules.result import CodedLine, CodingResult, Counterfactual, Finding, LedgerEntry, NotBilled, Step, UnitLedgerEntry
from rules.rulebook.edits import EDIT_SETTINGS
from rules.rulebook.model import Rulebook

REMAINDERS = {"rounding": "rounding", "multi_dose": "multi-dose container", "not_documented": "not documented"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, an administration or a finding: its head, and rows of a label with what it says."""

    head: str
    rows: tuple[tuple[str, Row], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind under their title."""

    title: str
    entries: tuple[Entry, ...]


def sections(result: CodingResult, *, rulebook: Rulebook, on: date) -> tuple[Section, ...]:
    """Everything that a result says; `on` is the date of service. A section without entries is left out."""
    found = (
        Section("Lines", tuple(_line(line, rulebook) for line in result.lines)),
        Section("Not billed", tuple(_not_billed(one) for one in result.not_billed)),
        Section("Findings", tuple(_finding(one) for one in result.findings)),
        Section("Minutes", tuple(_minutes(result.minute_ledger))),
        Section("Drug units", tuple(_units(one) for one in result.unit_ledger)),
        Section(
            "Diagnoses",
            tuple(Entry(one.code, () if one.step is None else (("why", _said(one.step)),)) for one in result.diagnoses),
        ),
        Section("Made with", (_versions(result, rulebook, on),)),
    )
    return tuple(section for section in found if section.entries)


def as_text(found: Iterable[Section]) -> str:
    """The sections as plain text, ending with a line break."""
    lines: list[str] = []
    for section in found:
        lines += [section.title.upper(), ""]
        for entry in section.entries:
            lines.append(f"  {entry.head}")
            lines += [f"    {label:<10} {_row(row)}" for label, row in entry.rows]
        lines.append("")
    return "\n".join(lines)


def _row(row: Row) -> str:
    return f"{row.text}  [{row.aside}]" if row.aside else row.text


def _said(step: Step) -> Row:
    return Row(explain.sentence(step), step.rule)


def _line(line: CodedLine, rulebook: Rulebook) -> Entry:
    told = explain.line_explanation(line, rulebook=rulebook)
    where = [
        line.role.value.replace("_", " "),
        f"of {', '.join(line.administrations)}",
        line.date_of_service.isoformat(),
    ]
    where += [f"access {line.access}"] if line.access else []
    where += [f"visit {line.visit}"] if line.visit > 1 else []
    where += [f"{line.minutes} min"] if line.minutes is not None else []
    where += [f"${line.price * line.units:,.2f}"] if line.price is not None else []
    label = rulebook.label(line.code)
    name = "-".join([line.code, *line.modifiers])
    rows: list[tuple[str, Row]] = [("why", Row(explain.line_why(line)))]
    rows += [("numbers", row) for row in told.numbers]
    rows += [("decided by", row) for row in told.decided_by]
    rows += [("lost", row) for row in told.lost]
    rows += [("source", row) for row in told.sources]
    rows += [("checked", Row(", ".join(told.checked)))] if told.checked else []
    rows += [("narrative", Row(line.narrative))] if line.narrative else []
    return Entry(f"{name} ×{line.units}{'' if label == line.code else f'  {label}'}  ({', '.join(where)})", tuple(rows))


def _not_billed(one: NotBilled) -> Entry:
    minutes = "" if one.minutes is None else f", {one.minutes} min"
    why = Row(explain.not_billed_why(one), one.step.rule)
    return Entry(f"{one.administration}{minutes}: {one.reason.value.replace('_', ' ')}", (("why", why),))


def _finding(finding: Finding) -> Entry:
    rows: list[tuple[str, Row]] = [("says", Row(explain.finding_text(finding), finding.step.rule))]
    mend = explain.finding_mend(finding)
    rows += [("mend", Row(mend))] if mend else []
    question = explain.counterfactual_question(finding)
    rows += [("if", _counterfactual(question, one)) for one in finding.counterfactuals]
    about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
    return Entry(f"{finding.severity.value}: {explain.finding_title(finding)}{about}", tuple(rows))


def _counterfactual(question: str, one: Counterfactual) -> Row:
    dollars = "" if not one.dollars else f"{'+' if one.dollars > 0 else '−'}${abs(one.dollars):,.2f}"
    return Row(
        f"{question} {explain.counterfactual_condition(one)}: {explain.counterfactual_change(one)}",
        dollars,
    )


def _minutes(ledger: tuple[LedgerEntry, ...]) -> Iterator[Entry]:
    """The minute ledger by administration: every minute that ran, in its bucket."""
    for administration in dict.fromkeys(entry.administration for entry in ledger):
        entries = [entry for entry in ledger if entry.administration == administration]
        rows = tuple(
            (f"{entry.minutes} min", Row(entry.bucket if entry.is_line else entry.bucket.replace("_", " ")))
            for entry in entries
        )
        yield Entry(f"{administration}: {sum(entry.minutes for entry in entries)} min", rows)


def _units(entry: UnitLedgerEntry) -> Entry:
    remainder = f" + {entry.remainder.normalize():f} ({REMAINDERS[entry.remainder_reason]})" if entry.remainder else ""
    amounts = f"{entry.billed.normalize():f} billed + {entry.discarded.normalize():f} discarded{remainder}"
    return Entry(f"{entry.code} on {entry.date_of_service.isoformat()}: {entry.drawn.normalize():f} drawn = {amounts}")


def _versions(result: CodingResult, rulebook: Rulebook, on: date) -> Entry:
    versions = result.versions
    edits = rulebook.as_of(on).edits
    quarters = {
        f"{kind.upper()} {quarter}"
        for kind in ("ptp", "mue")
        for setting in EDIT_SETTINGS
        if (quarter := edits.quarter(kind, setting)) is not None
    }
    told = ", ".join(sorted(quarters)) or f"none loaded for {on.isoformat()}, so units and pairs are not checked"
    return Entry(
        f"engine {versions.engine}, rulebook {versions.rulebook[:12]}",
        (("policy", Row(versions.policy)), ("NCCI edits", Row(told))),
    )
