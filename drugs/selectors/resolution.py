"""Which drug a chart means.

Resolution never guesses. A name is found exactly or not at all; what is only alike is a suggestion. What could be two
things is reported as both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from drugs.index import FormularyIndex, NameEntry, current_index, in_force
from drugs.models import Drug, Product
from drugs.models.names import normalise, reduce_name
from drugs.models.package import parse_ndc
from drugs.selectors.codes import codes_for

SUGGESTIONS = 5
LIKENESS = 0.78
"""How alike a name must be to be suggested: lower brings noise, higher misses two swapped letters in a short name."""


class MatchedBy(StrEnum):
    """What found the drug."""

    NDC = "ndc"
    HCPCS = "hcpcs"
    NAME = "name"
    BRAND = "brand"
    SYNONYM = "synonym"
    CHARTED = "charted"


class Unresolved(StrEnum):
    """Why no drug was found."""

    UNKNOWN = "unknown"
    SEVERAL_DRUGS = "several_drugs"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class Charted:
    """What a chart says of a drug, for `resolve_many`."""

    on: date
    name: str | None = None
    ndc: str | None = None
    hcpcs: str | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which drug a chart means, or why that is not known."""

    drug: Drug | None = None
    product: Product | None = None
    """The brand or maker's version, where the chart names one that the formulary knows."""
    matched_by: MatchedBy | None = None
    unresolved: Unresolved | None = None
    candidates: tuple[Drug, ...] = ()
    """The drugs meant, where there are several or where none is in force on the date."""
    suggestions: tuple[str, ...] = ()
    """Ingredients whose names are alike, for a person to choose from."""
    ambiguous_codes: tuple[str, ...] = ()
    """HCPCS codes, two or more, that the package or the product bills as on the date."""
    disagreements: tuple[str, ...] = ()
    """What else the chart says that points to another drug, in words of the chart."""
    is_ndc_invalid: bool = False


def resolve(
    *,
    on: date,
    name: str | None = None,
    ndc: str | None = None,
    hcpcs: str | None = None,
    route: str | None = None,
) -> Resolution:
    """Return the drug by NDC, else by HCPCS code, else by name; `on` is the date of service."""
    return _resolve(current_index(), Charted(on=on, name=name, ndc=ndc, hcpcs=hcpcs, route=route))


def resolve_many(
    charted: Iterable[Charted],
    *,
    index: FormularyIndex | None = None,
    answers: dict[Charted, Resolution] | None = None,
) -> list[Resolution]:
    """Return a resolution for each, in order, each question answered once.

    With one look at the formulary, or by `index`, a version of it that may not stand yet. `answers` holds what
    was answered by that version before, and takes what is new.

    Without suggestions: those are for a person who asks about one name, and looking for what is alike takes longer
    than all the rest.
    """
    index = index or current_index()
    answers = {} if answers is None else answers
    return [answers.get(c) or answers.setdefault(c, _resolve(index, c, is_for_person=False)) for c in charted]


def _resolve(index: FormularyIndex, charted: Charted, *, is_for_person: bool = True) -> Resolution:
    ndc = parse_ndc(charted.ndc) if charted.ndc else None
    is_ndc_invalid = bool(charted.ndc) and ndc is None
    by_ndc = _by_ndc(index, ndc, charted) if ndc else None
    by_code = _by_code(index, charted.hcpcs, charted) if charted.hcpcs else None
    by_name = _by_name(index, charted.name, charted, is_for_person=is_for_person) if charted.name else None
    answers = [answer for answer in (by_ndc, by_code, by_name) if answer]
    chosen = next((a for a in answers if a.drug), None) or (answers[-1] if answers else None)
    if chosen is None:
        chosen = Resolution(unresolved=Unresolved.UNKNOWN)
    if by_name and by_name.drug and by_code and by_name.drug in by_code.candidates and not (by_ndc and by_ndc.drug):
        chosen = by_name
    return _finished(index, charted, chosen, answers, is_ndc_invalid=is_ndc_invalid)


def _finished(
    index: FormularyIndex,
    charted: Charted,
    chosen: Resolution,
    answers: Sequence[Resolution],
    *,
    is_ndc_invalid: bool,
) -> Resolution:
    """Return `chosen` with what the other answers add: the product, disagreements, ambiguous codes."""
    product = chosen.product
    disagreements: list[str] = []
    for answer in answers:
        if answer.drug is None or chosen.drug is None:
            continue
        if answer.drug.pk != chosen.drug.pk:
            disagreements.append(f"{answer.matched_by}: {answer.drug.name}")
        elif product is None:
            product = answer.product
    codes: tuple[str, ...] = ()
    if chosen.drug:
        meanings = codes_for(
            index,
            drug=chosen.drug,
            on=charted.on,
            route=charted.route,
            product=product,
            ndc=parse_ndc(charted.ndc) if charted.ndc else None,
        )
        codes = tuple(m.hcpcs_id for m in meanings) if len(meanings) > 1 else ()
    return Resolution(
        drug=chosen.drug,
        product=product,
        matched_by=chosen.matched_by,
        unresolved=chosen.unresolved,
        candidates=chosen.candidates,
        suggestions=chosen.suggestions,
        ambiguous_codes=codes,
        disagreements=tuple(disagreements),
        is_ndc_invalid=is_ndc_invalid,
    )


def _by_ndc(index: FormularyIndex, ndc: str, charted: Charted) -> Resolution | None:
    package = next(in_force(index.packages.get(ndc, ()), charted.on), None)
    if package is None:
        return None
    if package.drug_id is None:
        return _by_codes_of_package(index, ndc, charted)
    product = index.products.get(package.product_id) if package.product_id else None
    return _single(index, [NameEntry(package.drug_id, product.pk if product else None, MatchedBy.NDC)], charted)


def _by_codes_of_package(index: FormularyIndex, ndc: str, charted: Charted) -> Resolution | None:
    """Return the drug of the package's codes: a package may be listed before its drug is in the formulary."""
    codes = [row.hcpcs_id for row in in_force(index.codes_of_package.get(ndc, ()), charted.on)]
    links = [link for code in codes for link in in_force(index.drugs_of_code.get(code, ()), charted.on)]
    if not links:
        return None
    return _single(index, [NameEntry(link.drug_id, link.product_id, MatchedBy.NDC) for link in links], charted)


def _by_code(index: FormularyIndex, code: str, charted: Charted) -> Resolution | None:
    links = list(in_force(index.drugs_of_code.get(code.strip().upper(), ()), charted.on))
    if not links:
        return None
    return _single(index, [NameEntry(link.drug_id, link.product_id, MatchedBy.HCPCS) for link in links], charted)


def _by_name(index: FormularyIndex, name: str, charted: Charted, *, is_for_person: bool) -> Resolution:
    exact = [e for e in index.names.get(normalise(name), ()) if not e.is_misspelling]
    # Where a name means several, what a person here has said of it decides.
    exact = [e for e in exact if e.kind == MatchedBy.CHARTED] or exact
    entries = exact or list(index.reduced_names.get(reduce_name(name), ()))
    if entries:
        return _single(index, entries, charted)
    return Resolution(unresolved=Unresolved.UNKNOWN, suggestions=_suggestions(index, name) if is_for_person else ())


def _single(index: FormularyIndex, entries: Sequence[NameEntry], charted: Charted) -> Resolution:
    """Return the one drug that `entries` mean on the date and by the route, else all of them as candidates."""
    standing = [e for e in entries if index.profile(e.drug_id, charted.on)]
    if not standing:
        known = tuple({e.drug_id: index.drugs[e.drug_id] for e in entries}.values())
        return Resolution(unresolved=Unresolved.NOT_IN_FORCE, candidates=known)
    drugs = {e.drug_id: index.drugs[e.drug_id] for e in standing}
    if len(drugs) > 1 and charted.route:
        fitting = {pk: drug for pk, drug in drugs.items() if _is_given_by(index, pk, charted)}
        drugs = fitting or drugs
    if len(drugs) > 1:
        return Resolution(unresolved=Unresolved.SEVERAL_DRUGS, candidates=tuple(drugs.values()))
    (pk, drug), *_ = drugs.items()
    own = [e for e in standing if e.drug_id == pk]
    products = {e.product_id for e in own}
    product_id = products.pop() if len(products) == 1 else None
    product = index.products.get(product_id) if product_id else None
    return Resolution(drug=drug, product=product, matched_by=MatchedBy(own[0].kind))


def _is_given_by(index: FormularyIndex, drug_id: int, charted: Charted) -> bool:
    profile = index.profile(drug_id, charted.on)
    return profile is not None and charted.route in profile.routes


def _suggestions(index: FormularyIndex, name: str) -> tuple[str, ...]:
    known = tuple(e.drug_id for e in index.names.get(normalise(name), ()) if e.is_misspelling)
    return tuple(dict.fromkeys((*(index.drugs[pk].name for pk in known), *_alike(index.head, reduce_name(name)))))[
        :SUGGESTIONS
    ]


@lru_cache(maxsize=2000)
def _alike(_head: object, name: str) -> tuple[str, ...]:
    index = current_index()
    found = get_close_matches(name, index.names.keys() | index.reduced_names.keys(), n=SUGGESTIONS, cutoff=LIKENESS)
    ids = [e.drug_id for match in found for e in index.names.get(match) or index.reduced_names[match]]
    return tuple(dict.fromkeys(index.drugs[pk].name for pk in ids))
