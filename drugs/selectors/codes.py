"""Which codes may bill a drug on a date (coding-rules section 12)."""

from collections.abc import Iterable
from datetime import date

from drugs.index import FormularyIndex, current_index, in_force
from drugs.models import BillingCode, Drug, DrugBillingCode, Product
from drugs.models.package import parse_ndc

USUAL = DrugBillingCode.Circumstance.USUAL.value


def codes_for(
    index: FormularyIndex,
    *,
    drug: Drug,
    on: date,
    route: str | None = None,
    product: Product | None = None,
    ndc: str | None = None,
    circumstance: str = "",
) -> tuple[BillingCode, ...]:
    """Return the codes that may bill the drug on `on`: one, or none, or several that are not told apart.

    The package decides before the product, the product before the ingredient. Where the chart names no product,
    a code for products without one of their own is meant; where every product has its own, all are returned.
    """
    fitting = [
        link
        for link in in_force(index.codes_of_drug.get(drug.pk, ()), on)
        if link.circumstance in (USUAL, circumstance) and (not route or not link.routes or route in link.routes)
    ]
    # Most drugs have the same code in every circumstance; one that has a code for it is billed by no other then.
    links = [link for link in fitting if link.circumstance == circumstance] or fitting
    if ndc and (of_package := _codes_of_package(index, drug, ndc, on, {link.hcpcs_id for link in links})):
        return _meanings(index, of_package, on)
    own = [link for link in links if product and link.product_id == product.pk]
    common = [link for link in links if link.product_id is None]
    return _meanings(index, [link.hcpcs_id for link in own or common or links], on)


def _codes_of_package(index: FormularyIndex, drug: Drug, ndc: str, on: date, fitting: set[str]) -> list[str]:
    """Codes of the package but those that the drug has for another route or circumstance."""
    others = {link.hcpcs_id for link in in_force(index.codes_of_drug.get(drug.pk, ()), on)} - fitting
    codes = [row.hcpcs_id for row in in_force(index.codes_of_package.get(ndc, ()), on)]
    return [code for code in codes if code not in others]


def _meanings(index: FormularyIndex, codes: Iterable[str], on: date) -> tuple[BillingCode, ...]:
    found = (index.meaning(code, on) for code in dict.fromkeys(codes))
    return tuple(meaning for meaning in found if meaning)


def billing_codes_for(
    *,
    drug: Drug,
    on: date,
    route: str | None = None,
    product: Product | None = None,
    ndc: str | None = None,
    circumstance: str = "",
) -> tuple[BillingCode, ...]:
    """Return what `codes_for` finds in the newest version. `ndc` in any form that `parse_ndc` reads."""
    return codes_for(
        current_index(),
        drug=drug,
        on=on,
        route=route,
        product=product,
        ndc=parse_ndc(ndc) if ndc else None,
        circumstance=circumstance,
    )


def find_codes(typed: str, *, on: date, most: int) -> list[tuple[str, str]]:
    """HCPCS codes in force on `on` that begin with what was typed, or whose label or drug holds its words.

    Each with the publisher's label and the amount of a unit, in order of the codes, at most `most`.
    """
    index = current_index()
    words, begin = typed.lower().split(), typed.upper()
    found: list[tuple[str, str]] = []
    for code in sorted(index.meanings):
        meaning = index.meaning(code, on)
        if meaning is None:
            continue
        names = [index.drugs[link.drug_id].name for link in in_force(index.drugs_of_code.get(code, ()), on)]
        said = " ".join((meaning.label, *names)).lower()
        if code.startswith(begin) or all(word in said for word in words):
            found.append((code, f"{', '.join(dict.fromkeys(names)) or meaning.label}, {meaning.per}"))
            if len(found) == most:
                break
    return found
