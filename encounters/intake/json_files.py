"""JSON: one encounter, a list of them, {"encounters": [...]}, or one encounter a line."""

import dataclasses
import json
from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO

from encounters.intake import columns, schema
from encounters.intake.assembly import Assembly
from encounters.intake.fields import Fields
from encounters.intake.files import FileFacts, UnableToReadFile, record_json, text_of
from encounters.intake.records import (
    Directory,
    EncounterRecord,
    ReadEncounter,
    RefusedRecord,
)

_BLANK = " \t\r\n\ufeff"
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=str)


def read_json(file: BinaryIO, facts: FileFacts, *, directory: Directory) -> Iterator[ReadEncounter]:
    """The encounters of a JSON file in its order, each with the line that it begins in.

    Raises UnableToReadFile at the first place that is no JSON; the encounters before it have been handed on.
    """
    stream = text_of(file, facts.encoding)
    try:
        text = stream.read()
    finally:
        stream.detach()
    for line, value in _values(text):
        yield encounter_of_json(value, directory=directory, line=line)


def _values(text: str) -> Iterator[tuple[int, object]]:
    """Each encounter of the text with the line that it begins in."""
    at = _skip(text, 0)
    if text[at] == "[":
        end = yield from _elements(text, at)
        _nothing_after(text, end)
        return
    value, end = _decoded(text, at)
    if isinstance(value, Mapping) and isinstance(value.get("encounters"), list):
        yield from _elements(text, _beginning_of_list(text, at))
        _nothing_after(text, end)
        return
    yield 1, value
    line, counted = 1, 0
    while (place := _skip(text, end)) < len(text):
        line += text.count("\n", counted, place)
        counted = place
        value, end = _decoded(text, place)
        yield line, value


def _beginning_of_list(text: str, at: int) -> int:
    """Where the list of the key "encounters" begins in the object at `at`; other keys may stand before it."""
    place = _skip(text, at + 1)
    while True:
        key, place = _decoded(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if key == "encounters":
            return place
        place = _skip(text, _skip(text, _decoded(text, place)[1]) + 1)


def _elements(text: str, at: int) -> Generator[tuple[int, object], None, int]:
    """Each element of the list at `at` with its line; returns where the list ends."""
    line, counted = text.count("\n", 0, at) + 1, at
    place = _skip(text, at + 1)
    while text[place : place + 1] != "]":
        line += text.count("\n", counted, place)
        counted = place
        value, end = _decoded(text, place)
        yield line, value
        place = _skip(text, end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != "]":
            raise _broken(text.count("\n", 0, place) + 1, "a comma or the end of the list is missing")
    return place + 1


def _nothing_after(text: str, end: int) -> None:
    if (place := _skip(text, end)) < len(text):
        reason = "text follows where the file should end; what was read before it was taken in"
        raise _broken(text.count("\n", 0, place) + 1, reason)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _decoded(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _broken(error.lineno, f"{error.msg} (column {error.colno})") from None
    except (RecursionError, ValueError) as error:
        raise _broken(text.count("\n", 0, at) + 1, f"{type(error).__name__}: nested too deeply or too large") from None


def _broken(line: int, what: str) -> UnableToReadFile:
    return UnableToReadFile(f"The JSON breaks off in line {line}: {what}.", line=line)


def encounter_of_json(value: object, *, directory: Directory, line: int | None = None) -> ReadEncounter:
    """The encounter that a JSON object describes; a problem outside its administrations refuses it whole."""
    if not isinstance(value, Mapping):
        return ReadEncounter(
            None, (RefusedRecord("An encounter must be a JSON object.", line, "", record_json(value)),), 1
        )
    parts = _list_of(value, "administrations")
    fields, head = _head(value, directory, line)
    assembly = Assembly(head.external_id)
    assembly.records = max(len(parts), 1)
    _add_shared(assembly, fields, value)
    if not parts:
        fields.refuse("administrations", "No administrations: nothing to code.")
    if fields.problems:
        assembly.refuse(fields, line=line, record=value)
        return ReadEncounter(None, tuple(assembly.refused), assembly.records)
    for number, part in enumerate(parts):
        _add_administration(assembly, part, number, fields, line)
    return assembly.finished(head, record=value)


def _list_of(value: Mapping[str, object], name: str) -> list[object]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _head(value: Mapping[str, object], directory: Directory, line: int | None) -> tuple[Fields, EncounterRecord]:
    flat = {name: each for name, each in value.items() if name != "patient"}
    patient = value.get("patient")
    if isinstance(patient, Mapping):
        flat |= {f"patient.{name}" if name not in columns.PATIENT else name: each for name, each in patient.items()}
    fields = Fields(flat)
    fields.refuse_unknown(columns.JSON_ENCOUNTER)
    head = schema.encounter_head(fields, directory=directory, line=line)
    said = value.get("documents")
    documents = Fields(said if isinstance(said, Mapping) else {})
    documents.refuse_unknown(columns.JSON_DOCUMENTS)
    head = dataclasses.replace(head, documents=schema.documents(documents))
    for name, reason in documents.problems:
        fields.refuse(f"documents.{name}", reason)
    for name in ("administrations", "accesses", "orders"):
        if value.get(name) is not None and not isinstance(value[name], list):
            fields.refuse(name, f"{name} must be a list.")
    for name, kind in (("documents", Mapping), ("patient", Mapping)):
        if value.get(name) is not None and not isinstance(value[name], kind):
            fields.refuse(name, f"{name} must be an object.")
    return fields, head


def _add_shared(assembly: Assembly, fields: Fields, value: Mapping[str, object]) -> None:
    for number, part in enumerate(_list_of(value, "accesses")):
        keys = Fields(part if isinstance(part, Mapping) else {"label": part}, zone=fields.zone)
        keys.refuse_unknown(("label", "kind", "body_site", "reason"))
        label = keys.text("label", 20, required=True)
        if label in assembly.accesses:
            keys.refuse("label", f"Access {label} stands twice.")
        assembly.accesses[label] = schema.access(keys, label)
        _hand_up(fields, keys, f"accesses[{number}].")
    for number, part in enumerate(_list_of(value, "orders")):
        keys = Fields(part if isinstance(part, Mapping) else {}, zone=fields.zone)
        keys.refuse_unknown(("reference", "drug", "dose", "route"))
        reference = keys.text("reference", 80, required=True)
        if reference in assembly.orders:
            keys.refuse("reference", f"Order {reference} stands twice.")
        assembly.orders[reference] = schema.order(keys, reference, drug="")
        _hand_up(fields, keys, f"orders[{number}].")


def _hand_up(fields: Fields, keys: Fields, path: str) -> None:
    for name, reason in keys.problems:
        fields.refuse(f"{path}{name}", reason)


def _add_administration(assembly: Assembly, part: object, number: int, head: Fields, line: int | None) -> None:
    fields = Fields(part if isinstance(part, Mapping) else {}, zone=head.zone)
    if not isinstance(part, Mapping):
        fields.refuse("", "An administration must be a JSON object.")
    fields.refuse_unknown(columns.ADMINISTRATION)
    record = schema.administration(fields, line=line)
    if not fields.problems:
        _name_shared(assembly, record.access, record.order, record.drug_name)
        assembly.add(record, fields)
    assembly.refuse(
        fields, line=line, record=part, administration_id=record.external_id, path=f"administrations[{number}]."
    )


def _name_shared(assembly: Assembly, access: str, order: str, drug: str) -> None:
    """An access or order that is only named by an administration exists as well."""
    if access and access not in assembly.accesses:
        assembly.accesses[access] = schema.access(Fields({}), access)
    if order:
        known = assembly.orders.get(order) or schema.order(Fields({}), order, drug=drug)
        assembly.orders[order] = known if known.drug_name else dataclasses.replace(known, drug_name=drug)
