"""The formulary in the engine's words: rows become `rules.facts.DrugFacts` as of a date of service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from drugs import selectors
from drugs.index import FormularyIndex, current_index, in_force
from drugs.models import BillingCode, Drug, DrugProfile, MarketedSize, Price, Product, Unit
from drugs.models.amounts import plain
from drugs.models.names import normalise
from drugs.models.package import parse_ndc
from rules.facts import BillingCodeFacts, DrugFacts, Quantity
from rules.vocabulary import Family


@dataclass(frozen=True, slots=True)
class DrugQuestion:
    """What decides a drug's facts, for `drug_facts_of_many`."""

    drug: Drug
    on: date
    policy_layers: tuple[str, ...] = ()
    """Names of policy layers in their order; a later one has the last word on the family."""
    product: Product | None = None
    ndc: str | None = None
    route: str | None = None
    circumstance: str = ""
    volume_ml: Decimal | None = None
    """What was given, or the bag's content: it decides among codes that differ in the size of the bag."""


def drug_facts(
    *,
    drug: Drug,
    on: date,
    policy_layers: Sequence[str] = (),
    product: Product | None = None,
    ndc: str | None = None,
    route: str | None = None,
    circumstance: str = "",
    volume_ml: Decimal | None = None,
) -> DrugFacts:
    """Return what the formulary holds of `drug` for dates of service `on`.

    A drug that is not in the formulary on that date keeps its name and has family `other` and no code.
    """
    question = DrugQuestion(
        drug=drug,
        on=on,
        policy_layers=tuple(policy_layers),
        product=product,
        ndc=ndc,
        route=route,
        circumstance=circumstance,
        volume_ml=volume_ml,
    )
    return _facts(current_index(), question)


def drug_facts_of_many(
    questions: Iterable[DrugQuestion],
    *,
    index: FormularyIndex | None = None,
    answers: dict[DrugQuestion, DrugFacts] | None = None,
) -> list[DrugFacts]:
    """Return the facts of each question, in order, each question answered once.

    With one look at the formulary, or by `index`, a version of it that may not stand yet. `answers` holds what
    was answered by that version before, and takes what is new.
    """
    index = index or current_index()
    answers = {} if answers is None else answers
    return [answers.get(q) or answers.setdefault(q, _facts(index, q)) for q in questions]


def unmapped_drug_facts(name: str) -> DrugFacts:
    """Return the facts of a charted name that the formulary does not know: no family and no code."""
    return DrugFacts(name=normalise(name) or name, family=Family.OTHER, billing_codes=(), is_unmapped=True)


def formulary_version(on: date) -> str:
    """Return the version that stamps a coding run for dates of service `on`."""
    return selectors.formulary_version(on)


def _facts(index: FormularyIndex, question: DrugQuestion) -> DrugFacts:
    drug = index.drugs.get(question.drug.pk, question.drug)
    profile = index.profile(drug.pk, question.on)
    if profile is None:
        return DrugFacts(name=drug.name, family=Family.OTHER, billing_codes=())
    product = question.product or _product_of_package(index, question)
    meanings = selectors.codes_for(
        index,
        drug=drug,
        on=question.on,
        route=question.route,
        product=product,
        ndc=parse_ndc(question.ndc) if question.ndc else None,
        circumstance=question.circumstance,
    )
    meanings = _of_volume(meanings, question.volume_ml)
    return DrugFacts(
        name=drug.name,
        family=_family(index, question),
        billing_codes=None
        if profile.is_not_billed
        else tuple(_code_facts(index, meaning, question) for meaning in meanings),
        is_electrolyte=profile.is_electrolyte,
        is_biologic=profile.is_biologic,
        is_immunotherapy=profile.is_immunotherapy,
        is_new=profile.is_new,
        concentration=_concentration(profile),
        marketed_sizes=_sizes(index, question, product),
        indications=tuple(profile.indications),
        needs_prior_auth=profile.needs_prior_auth,
    )


def _family(index: FormularyIndex, question: DrugQuestion) -> Family:
    rows = {row.policy_layer: row for row in in_force(index.families.get(question.drug.pk, ()), question.on)}
    layers = ("", *question.policy_layers)
    said = [rows[layer].family for layer in layers if layer in rows]
    return Family(said[-1]) if said else Family.OTHER


def _of_volume(meanings: tuple[BillingCode, ...], volume_ml: Decimal | None) -> tuple[BillingCode, ...]:
    """Return the code of the largest bag that the volume fills, the smallest bag for less.

    The codes of a fluid or of albumin differ in the size of the bag alone (J7030 1,000 mL, J7040 500 mL, J7050 250 mL),
    and CMS lists one package under all of them. Codes of one size, as those of contrast media, differ in something
    else. Without a volume they stay as they are, several.
    """
    sizes = {meaning.per_amount for meaning in meanings}
    if volume_ml is None or len(sizes) < len(meanings) or any(meaning.per_unit != Unit.ML for meaning in meanings):
        return meanings
    by_size = sorted(meanings, key=lambda meaning: meaning.per_amount)
    filled = [meaning for meaning in by_size if meaning.per_amount <= volume_ml]
    return tuple(filled[-1:] or by_size[:1])


def _product_of_package(index: FormularyIndex, question: DrugQuestion) -> Product | None:
    ndc = parse_ndc(question.ndc) if question.ndc else None
    package = next(in_force(index.packages.get(ndc or "", ()), question.on), None)
    return index.products.get(package.product_id) if package and package.product_id else None


def _code_facts(index: FormularyIndex, meaning: BillingCode, question: DrugQuestion) -> BillingCodeFacts:
    code = meaning.hcpcs_id
    price = _latest_price(index, code, question.on)
    links = in_force(index.codes_of_drug.get(question.drug.pk, ()), question.on)
    routes = next((tuple(link.routes) for link in links if link.hcpcs_id == code), ())
    return BillingCodeFacts(
        code=code,
        per=Quantity(plain(meaning.per_amount), meaning.per_unit),
        routes=routes,
        price=plain(price.payment_limit) if price else None,
        label=meaning.label,
    )


def _latest_price(index: FormularyIndex, code: str, on: date) -> Price | None:
    """Return the payment limit in force or, until the next quarter's file is in, the last one known before.

    Dollars weigh a line in the queue; they are never billed.
    """
    known = [price for price in index.prices.get(code, ()) if price.effective_from <= on]
    return max(known, key=lambda price: price.effective_from, default=None)


def _concentration(profile: DrugProfile) -> Quantity | None:
    if profile.concentration_amount is None:
        return None
    return Quantity(plain(profile.concentration_amount), profile.concentration_unit)


def _sizes(index: FormularyIndex, question: DrugQuestion, product: Product | None) -> tuple[Quantity, ...]:
    sizes = in_force(index.sizes.get(question.drug.pk, ()), question.on)
    fitting = [s for s in sizes if s.is_single_dose and _is_for(s, question.route) and _is_of(s, product)]
    return tuple(dict.fromkeys(Quantity(plain(s.amount), s.unit) for s in fitting))


def _is_for(size: MarketedSize, route: str | None) -> bool:
    return not route or not size.routes or route in size.routes


def _is_of(size: MarketedSize, product: Product | None) -> bool:
    return size.product_id is None or product is None or size.product_id == product.pk
