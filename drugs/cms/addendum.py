"""OPPS Addendum B: the status of every code, of which the words of CPT codes are not kept."""

from collections.abc import Iterable, Iterator

from drugs.cms.cells import CPT, DRUG_ADMINISTRATION, code_of
from drugs.cms.groups import Groups
from drugs.cms.log import Log
from drugs.cms.records import Record
from drugs.cms.rows import StatusRow


def statuses(records: Iterable[Record], *, log: Log) -> Iterator[StatusRow]:
    """Yield the Level II codes, and of CPT codes those for drug administration, without their words."""
    groups = Groups(log, "HCPCS Code")
    for record in records:
        printed = code_of(record.raw("code"))
        is_administration = printed.isascii() and printed.isdecimal() and int(printed) in DRUG_ADMINISTRATION
        code = printed if is_administration and CPT.fullmatch(printed) else record.level_ii("code")
        if code is None:
            continue
        row = StatusRow(
            line=record.line,
            code=code,
            label="" if is_administration else record.text("label"),
            status_indicator=record.text("status_indicator"),
            payment_rate=record.number("payment_rate"),
            apc=record.text("apc") if record.has("apc") else None,
        )
        if groups.is_new(code, "", row[1:], record.line):
            yield row
