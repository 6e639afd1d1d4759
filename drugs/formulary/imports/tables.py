"""The rows of the formulary that files speak of: what tells them apart, what they say, as JSON and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from drugs.cms.files import FileKind
from drugs.models import (
    BillingCode,
    DatedRow,
    DifferenceTable,
    DrugBillingCode,
    Ndc,
    NdcBillingCode,
    Price,
    StatusIndicator,
)
from drugs.models.amounts import plain_text

Json = str | int | bool | list[str] | None
Values = dict[str, Json]
Key = tuple[str | int | None, ...]

LINEAGE: dict[FileKind, str] = {
    FileKind.HCPCS: "CMS HCPCS Level II",
    FileKind.ASP_PRICING: "CMS Medicare Part B payment limits",
    FileKind.ASP_CROSSWALK: "CMS ASP NDC-HCPCS crosswalk",
    FileKind.NOC_CROSSWALK: "CMS NOC crosswalk",
    FileKind.ADDENDUM_B: "CMS OPPS Addendum B",
    FileKind.NDC_PACKAGE: "FDA NDC Directory",
}
"""How the source of a row begins that a file of the kind brought. What a file no longer lists ends only the rows of
its own kind: that a code has no price any more does not end the code."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the columns that tell its rows apart on a date, and those that say something."""

    model: type[DatedRow]
    key: tuple[str, ...]
    said: tuple[str, ...]
    is_quarterly: bool = False
    """Whether a row is for one quarter only, as a price is."""


TABLES: dict[DifferenceTable, Table] = {
    DifferenceTable.MEANING: Table(
        BillingCode,
        ("hcpcs_id",),
        ("label", "per_amount", "per_unit", "counted_ingredient", "is_unclassified", "replaced_by_id"),
    ),
    DifferenceTable.PRICE: Table(Price, ("hcpcs_id",), ("payment_limit",), is_quarterly=True),
    DifferenceTable.STATUS: Table(
        StatusIndicator,
        ("hcpcs_id",),
        ("indicator", "apc", "payment_rate", "pass_through_until"),
        is_quarterly=True,
    ),
    DifferenceTable.PACKAGE: Table(
        Ndc,
        ("ndc",),
        ("drug_id", "product_id", "name", "labeler", "package_size", "package_quantity", "is_single_dose"),
    ),
    DifferenceTable.PACKAGE_CODE: Table(
        NdcBillingCode, ("ndc", "hcpcs_id"), ("billing_units", "package_billing_units")
    ),
    DifferenceTable.DRUG_CODE: Table(
        DrugBillingCode, ("drug_id", "hcpcs_id", "product_id"), ("routes", "circumstance")
    ),
}


def to_json(value: object) -> Json:
    """Return a column's value as JSON; numbers as text without idle zeros."""
    match value:
        case Decimal():
            return plain_text(value)
        case date():
            return value.isoformat()
        case None | bool() | int() | str():
            return value
        case list() | tuple():
            return [str(item) for item in value]
    msg = f"{value!r} has no place in a difference"
    raise TypeError(msg)


def row_of(
    table: Table, values: Mapping[str, Json], *, release_id: int | None, source: str, since: date, until: date | None
) -> DatedRow:
    """Return an unsaved row that says `values`."""
    fields = {field.attname: field for field in table.model._meta.concrete_fields}  # noqa: SLF001 - documented model API
    said = {column: fields[column].to_python(value) for column, value in values.items() if column in fields}
    belongs = {"release_id": release_id, "source": source, "effective_from": since, "effective_until": until}
    return table.model(**said, **belongs)
