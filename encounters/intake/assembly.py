"""From the rows of one encounter to the encounter: what they agree on is kept, what contradicts is refused."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from encounters.intake import columns, schema
from encounters.intake.fields import Fields, unfit_text
from encounters.intake.files import record_json
from encounters.intake.records import (
    AccessRecord,
    AdministrationRecord,
    Directory,
    EncounterRecord,
    OrderRecord,
    ReadEncounter,
    RefusedRecord,
)

Shared = TypeVar("Shared", AccessRecord, OrderRecord)


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row: where it stands and its filled cells by column."""

    line: int
    cells: Mapping[str, str]


class Assembly:
    """One encounter while its administrations are being read."""

    def __init__(self, encounter_id: str) -> None:
        self.encounter_id = encounter_id
        self.accesses: dict[str, AccessRecord] = {}
        self.orders: dict[str, OrderRecord] = {}
        self.administrations: dict[str, AdministrationRecord] = {}
        self.refused: list[RefusedRecord] = []
        self.records = 0

    def refuse(  # where, what and the record
        self, fields: Fields, *, line: int | None, record: object, administration_id: str = "", path: str = ""
    ) -> None:
        """Keep each problem of `fields` with its place."""
        text = record_json(record)
        self.refused += [
            RefusedRecord(reason, line, f"{path}{name}"[:80], text, self.encounter_id, administration_id)
            for name, reason in fields.problems
        ]

    def add(self, record: AdministrationRecord, fields: Fields) -> None:
        """Keep the administration, unless `fields` has problems or its id came before with other values: then noted."""
        known = self.administrations.get(record.external_id)
        if fields.problems:
            return
        if known is None:
            self.administrations[record.external_id] = record
        elif known != record:
            fields.refuse(
                "administration_id",
                f"{record.external_id} came before in line {known.line} with other values: "
                "that one was kept, this one was not.",
            )

    def finished(self, head: EncounterRecord, *, record: object) -> ReadEncounter:
        """The encounter with what was kept of it; None where nothing of it can be kept. `record`: as it was sent."""
        if not self.administrations:
            return ReadEncounter(None, tuple(self.refused), self.records)
        labels = {each.access for each in self.administrations.values()}
        references = {each.order for each in self.administrations.values()}
        encounter = dataclasses.replace(
            head,
            administrations=tuple(sorted(self.administrations.values(), key=_by_clock)),
            accesses=tuple(self.accesses[label] for label in sorted(self.accesses.keys() & labels)),
            orders=tuple(self.orders[each] for each in sorted(self.orders.keys() & references)),
        )
        day = schema.dated(encounter)
        if day is None:
            reason = "No date of service: fill date_of_service, or a start or stop."
            text = record_json(record)
            self.refused.append(RefusedRecord(reason, head.line, "date_of_service", text, self.encounter_id))
            return ReadEncounter(None, tuple(self.refused), self.records)
        return ReadEncounter(dataclasses.replace(encounter, date_of_service=day), tuple(self.refused), self.records)


def encounter_of_rows(rows: Iterable[Row], *, directory: Directory) -> ReadEncounter:
    """The encounter that these rows of a table describe; all of them carry its id.

    Cells of the encounter may be repeated or left empty in further rows; where they contradict the first row that
    filled them, the row is refused. A problem in them refuses every row, since it would change what all are worth.
    """
    rows = list(rows)
    said, origin = _said(rows)
    encounter_id = rows[0].cells["encounter_id"].strip()
    assembly = Assembly("" if unfit_text(encounter_id) else encounter_id)
    assembly.records = len(rows)
    head_fields = Fields({name: said[name] for name in columns.ENCOUNTER if name in said})
    head = schema.encounter_head(head_fields, directory=directory, line=rows[0].line)
    document_fields = Fields(said)
    head = dataclasses.replace(head, documents=schema.documents(document_fields))
    problems = [*head_fields.problems, *document_fields.problems]
    if problems:
        return ReadEncounter(None, _every_row_refused(rows, problems, origin, assembly.encounter_id), len(rows))
    for row in rows:
        _add_row(assembly, row, head_fields, said)
    return assembly.finished(head, record=[row.cells for row in rows])


def _said(rows: list[Row]) -> tuple[dict[str, str], dict[str, int]]:
    """The first filled cell of each encounter column, and the line it stands in."""
    said: dict[str, str] = {}
    origin: dict[str, int] = {}
    for row in rows:
        for name in columns.TABLE_ENCOUNTER:
            if name not in said and row.cells.get(name, "").strip():
                said[name], origin[name] = row.cells[name].strip(), row.line
    return said, origin


def _every_row_refused(
    rows: list[Row], problems: list[tuple[str, str]], origin: Mapping[str, int], encounter_id: str
) -> tuple[RefusedRecord, ...]:
    refused = []
    for row in rows:
        record, administration_id = record_json(row.cells), row.cells.get("administration_id", "").strip()
        for name, reason in problems:
            line = origin.get(name, rows[0].line)
            text = reason if line == row.line else f"Its encounter cannot be taken in, see line {line}: {reason}"
            refused.append(RefusedRecord(text, row.line, name, record, encounter_id, administration_id[:80]))
    return tuple(refused)


def _add_row(assembly: Assembly, row: Row, head: Fields, said: Mapping[str, str]) -> None:
    fields = Fields(row.cells, zone=head.zone)
    for name in columns.TABLE_ENCOUNTER:
        cell = row.cells.get(name, "").strip()
        if cell and cell != said[name]:
            fields.refuse(name, f"“{cell[:60]}”, but an earlier row of this encounter says “{said[name][:60]}”.")
    record = schema.administration(fields, line=row.line)
    accesses = [schema.access(fields, record.access, prefix="access_")] if record.access else []
    orders = [schema.order(fields, record.order, drug=record.drug_name, prefix="ordered_")] if record.order else []
    if not fields.problems:
        merged_accesses = _merged(assembly.accesses, accesses, "label", fields)
        merged_orders = _merged(assembly.orders, orders, "reference", fields)
        assembly.add(record, fields)
        if not fields.problems:
            assembly.accesses |= merged_accesses
            assembly.orders |= merged_orders
    assembly.refuse(fields, line=row.line, record=row.cells, administration_id=record.external_id)


def _merged(kept: dict[str, Shared], found: list[Shared], key: str, fields: Fields) -> dict[str, Shared]:
    """What is known of accesses or orders with what a row adds; an empty cell says nothing, two values contradict."""
    result: dict[str, Shared] = {}
    for each in found:
        name = getattr(each, key)
        known = kept.get(name, each)
        merged = known
        for part in dataclasses.fields(each):
            old, new = getattr(known, part.name), getattr(each, part.name)
            if new and not old:
                merged = dataclasses.replace(merged, **{part.name: new})
            elif part.name == "drug_name":
                # Rows of one order may name the drug in several ways; the choice must not hang on their order.
                merged = dataclasses.replace(merged, **{part.name: min(old, new)})
            elif new and new != old:
                fields.refuse(
                    "access" if key == "label" else "order",
                    f"{name}: {part.name} differs from what an earlier row says of it.",
                )
        result[name] = merged
    return result


def _by_clock(record: AdministrationRecord) -> tuple[datetime, str]:
    """Charted order: by start, else by stop; what has neither comes last."""
    moment = record.started_at or record.stopped_at
    return (moment or datetime.max.replace(tzinfo=UTC), record.external_id)
