"""FDA's NDC directory: products and packages. Anyone files in it, so it is mended where CMS's files are refused."""

import re
from collections.abc import Iterable, Iterator

from drugs.cms.cells import text_of
from drugs.cms.log import Log
from drugs.cms.records import Record
from drugs.cms.rows import NdcPackageRow, NdcProductRow
from drugs.models.package import parse_ndc

_LABELER_AND_PRODUCT = re.compile(r"(\d{4,5})-(\d{3,4})", re.ASCII)
NINE = 9
_SINGLE = re.compile(r"\bSINGLE-(?:DOSE|USE)\b")
_MULTIPLE = re.compile(r"\bMULTI(?:PLE)?-(?:DOSE|USE)\b")


def product_ndc_of(text: str) -> str | None:
    """Return the nine digits (5-4) of labeler and product, None where they cannot be known.

    >>> product_ndc_of("0002-7510"), product_ndc_of("50242-060")
    ('000027510', '502420060')
    """
    found = _LABELER_AND_PRODUCT.fullmatch(text.strip())
    if not found or len(found[1] + found[2]) < NINE - 1:
        return None
    return found[1].zfill(5) + found[2].zfill(4)


def is_single_dose(description: str) -> bool | None:
    """Return what a package text says of its containers, None where it says nothing or both.

    >>> is_single_dose("1 VIAL, SINGLE-USE in 1 CARTON (0002-7510-01)  > 4 mL in 1 VIAL, SINGLE-USE")
    True
    """
    says_single, says_multiple = bool(_SINGLE.search(description)), bool(_MULTIPLE.search(description))
    return None if says_single == says_multiple else says_single


def products(records: Iterable[Record], *, log: Log) -> Iterator[NdcProductRow]:
    """Yield the products; one product is listed as often as it is filed."""
    for record in records:
        printed = text_of(record.raw("product_ndc"))
        product = product_ndc_of(printed)
        if product is None:
            log.problem(record.line, "PRODUCTNDC", printed, "is no product code; the row is left out")
            continue
        units = _list(record.raw("units"))
        yield NdcProductRow(
            line=record.line,
            product_ndc=product,
            name=" ".join(filter(None, (record.name("name"), text_of(record.raw("suffix"))))),
            generic_name=record.name("generic_name"),
            dosage_form=text_of(record.raw("dosage_form")),
            routes=_list(record.raw("routes")),
            labeler=record.name("labeler"),
            substances=_list(record.raw("substances")),
            strengths=tuple(
                f"{strength} {unit}".strip()
                for strength, unit in zip(_list(record.raw("strengths")), units, strict=False)
            ),
            product_type=text_of(record.raw("product_type")),
            application=text_of(record.raw("application")),
            started=record.date("started"),
            ended=record.date("ended"),
        )


def packages(records: Iterable[Record], *, log: Log) -> Iterator[NdcPackageRow]:
    """Yield the packages, by eleven digits; one package is listed as often as its product is filed."""
    for record in records:
        printed = text_of(record.raw("ndc"))
        ndc = parse_ndc(printed)
        if ndc is None:
            log.problem(record.line, "NDCPACKAGECODE", printed, "is no package code; the row is left out")
            continue
        description = text_of(record.raw("description"))
        yield NdcPackageRow(
            line=record.line,
            ndc=ndc,
            product_ndc=ndc[:NINE],
            description=description,
            is_single_dose=is_single_dose(description),
            is_sample=text_of(record.raw("is_sample")) == "Y",
            started=record.date("started"),
            ended=record.date("ended"),
        )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, (text_of(part) for part in cell.split(";"))))
