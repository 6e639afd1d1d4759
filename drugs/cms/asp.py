"""ASP pricing files and NDC-HCPCS crosswalks, and those of drugs that have no code."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from zlib import crc32

from drugs.cms.groups import Groups
from drugs.cms.log import Log
from drugs.cms.records import Record
from drugs.cms.rows import CrosswalkRow, NocPriceRow, PriceRow
from drugs.models.package import parse_ndc

_WORD = re.compile(r"\w+")


def prices(records: Iterable[Record], *, log: Log) -> Iterator[PriceRow]:
    """Yield the payment limits; `UnableToReadFile` where a code has two."""
    groups = Groups(log, "code")
    for record in records:
        code = record.level_ii("code")
        if code is None:
            continue
        row = PriceRow(
            line=record.line,
            code=code,
            label=record.text("label"),
            dosage=record.text("dosage"),
            limit=record.number("limit"),
            coinsurance=record.number("coinsurance"),
            notes=record.text("notes"),
        )
        if groups.is_new(code, "", row[1:], record.line):
            yield row


def noc_prices(records: Iterable[Record], *, log: Log) -> Iterator[NocPriceRow]:
    """Yield the payment limits of drugs without a code; `UnableToReadFile` where one has two."""
    groups = Groups(log, "drug")
    for record in records:
        if record.is_note():
            log.dropped["note"] += 1
            continue
        row = NocPriceRow(
            line=record.line,
            name=record.text("name"),
            dosage=record.text("dosage"),
            limit=record.number("limit"),
            notes=record.text("notes"),
        )
        if groups.is_new(row.name, row.dosage, row[1:], record.line):
            yield row


def crosswalk(records: Iterable[Record], *, log: Log) -> Iterator[CrosswalkRow]:
    """Yield the packages and their codes.

    One package under two codes is the publisher's way (one drug, two uses), and both rows are yielded; a size that then
    differs is noted. `UnableToReadFile` where one package stands twice under one code with other values, and where two
    codes make two drugs of it.
    """
    groups, packages = Groups(log, "package"), _Packages(log)
    for record in records:
        code = record.level_ii("code")
        if code is None:
            continue
        row = _package(record, code=code, log=log)
        if groups.is_new(code, row.ndc or row.alternate_id, row[1:], record.line):
            packages.check(row)
            yield row


def noc_crosswalk(records: Iterable[Record], *, log: Log) -> Iterator[CrosswalkRow]:
    """Yield the packages of drugs without a code; their `code` is empty."""
    groups = Groups(log, "package")
    for record in records:
        if record.is_note():
            log.dropped["note"] += 1
            continue
        row = _package(record, code="", log=log)
        if groups.is_new(row.label, row.ndc or row.alternate_id, row[1:], record.line):
            yield row


def _package(record: Record, *, code: str, log: Log) -> CrosswalkRow:
    printed = record.text("ndc")
    ndc = parse_ndc(printed)
    if not printed:
        raise log.refusal(record.line, record.column("ndc"), "the row names no package")
    return CrosswalkRow(
        line=record.line,
        code=code,
        label=record.text("label"),
        labeler=record.text("labeler"),
        ndc=ndc,
        alternate_id="" if ndc else printed,
        name=record.text("name"),
        dosage=record.text("dosage"),
        package_size=record.number("package_size"),
        package_quantity=record.number("package_quantity"),
        billing_units=record.number("billing_units"),
        package_billing_units=record.number("package_billing_units"),
    )


class _Packages:
    """Packages seen, to hold the rows of one under two codes against each other: one drug, one size.

    In nine real quarters the first word of the drug's name is always the same; the size differs for one dextrose.
    Sorted arrays of 20 bytes a package, so that memory stays as files grow.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._ndcs, self._lines, self._names, self._sizes = array("Q"), array("I"), array("I"), array("I")

    def check(self, row: CrosswalkRow) -> None:
        if row.ndc is None:
            return
        word = _WORD.search(row.name.casefold())
        name = crc32((word[0] if word else "").encode())
        size = crc32(f"{row.package_size}/{row.package_quantity}".encode())
        place = bisect_left(self._ndcs, int(row.ndc))
        if place == len(self._ndcs) or self._ndcs[place] != int(row.ndc):
            for seen, value in (
                (self._ndcs, int(row.ndc)),
                (self._lines, row.line),
                (self._names, name),
                (self._sizes, size),
            ):
                seen.insert(place, value)
            return
        first = self._lines[place]
        if self._names[place] != name:
            why = f"package {row.ndc} is another drug on {self._log.where} {first}, under another code"
            raise self._log.refusal(row.line, "NDC2", why)
        if self._sizes[place] != size:
            why = f"has another size or quantity on {self._log.where} {first}, under another code"
            self._log.problem(row.line, "PKG SIZE", row.ndc, why)
