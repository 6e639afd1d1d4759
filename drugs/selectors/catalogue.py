"""The formulary as a list: what is in it on a date, what a person may look for, what is missing."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import QuerySet

from drugs.index import FormularyIndex, current_index, in_force
from drugs.models import BillingCode, Drug, DrugProfile
from drugs.models.billing import is_level_ii
from drugs.models.names import normalise
from drugs.models.package import format_ndc, parse_ndc
from drugs.selectors.resolution import resolve

_PART_OF_CODE = re.compile(r"[A-Z][0-9]{2,4}")


@dataclass(frozen=True, slots=True)
class DrugSummary:
    """One drug as a row of a list, as of a date."""

    drug: Drug
    profile: DrugProfile | None
    family: str
    codes: tuple[BillingCode, ...]
    brands: tuple[str, ...]
    matched: str = ""
    """The name, code or package that a search found it by, where that is not its own name."""

    @property
    def family_label(self) -> str:
        """The family in words."""
        return self.family.replace("_", " ")


class GapKind(StrEnum):
    """What may be missing."""

    NO_CODE = "no_code"
    NO_FAMILY = "no_family"
    CODE_ENDED = "code_ended"
    NAME_OF_SEVERAL = "name_of_several"
    PACKAGE_OF_NO_DRUG = "package_of_no_drug"
    PACKAGE_OF_SEVERAL = "package_of_several"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the formulary ought to say on a date and does not."""

    kind: GapKind
    drug: Drug | None
    detail: str


def drugs_in_force(on: date) -> QuerySet[Drug]:
    """Drugs that are in the formulary on `on`, by name."""
    return Drug.objects.filter(pk__in=DrugProfile.objects.in_force(on).values("drug")).order_by("name")


def formulary_version(on: date) -> str:
    """Return the version that holds for dates of service `on`: the last release that changed such a date."""
    releases = (release for release in reversed(current_index().releases) if release.effective_date <= on)
    newest = next(releases, None)
    return newest.version if newest else "none"


def summaries(drugs: Iterable[Drug], *, on: date) -> list[DrugSummary]:
    """Return `drugs` as rows of a list, in order, without further queries for each."""
    index = current_index()
    return [_summary(index, drug, on) for drug in drugs]


def search(query: str, *, on: date) -> list[DrugSummary]:
    """Return the drugs found by name, brand, HCPCS code or NDC, the closest first; all of them for an empty query.

    Only drugs in the formulary on `on`. A name that is in no part of any is looked for among those that are alike.
    """
    index = current_index()
    text = query.strip()
    if not text:
        return [_summary(index, drug, on) for drug in drugs_in_force(on)]
    if ndc := parse_ndc(text):
        found_drug = resolve(ndc=ndc, on=on).drug
        return [_summary(index, found_drug, on, format_ndc(ndc))] if found_drug else []
    if _PART_OF_CODE.fullmatch(text.upper()) and (found := _by_code(index, text.upper(), on)):
        return found
    return _by_name(index, text, on)


def gaps(on: date) -> list[Gap]:
    """Return what is missing or double in the formulary on `on`."""
    index = current_index()
    found: list[Gap] = []
    for drug in drugs_in_force(on):
        found += _gaps_of_drug(index, drug, on)
    for name, entries in sorted(index.names.items()):
        meant = {e.drug_id for e in entries if not e.is_misspelling and index.profile(e.drug_id, on)}
        if len(meant) > 1:
            both = " and ".join(sorted(index.drugs[pk].name for pk in meant))
            found.append(Gap(GapKind.NAME_OF_SEVERAL, None, f"{name} is {both}"))
    return [*found, *_packages_of_several(index, on), *_packages_of_no_drug(index, on)]


def _gaps_of_drug(index: FormularyIndex, drug: Drug, on: date) -> Iterable[Gap]:
    profile = index.profile(drug.pk, on)
    if not any(in_force(index.families.get(drug.pk, ()), on)):
        yield Gap(GapKind.NO_FAMILY, drug, "no administration family on this date")
    links = list(in_force(index.codes_of_drug.get(drug.pk, ()), on))
    if not links and profile and not profile.no_code_reason:
        yield Gap(GapKind.NO_CODE, drug, "no billing code on this date, and no reason why")
    for link in links:
        if index.meaning(link.hcpcs_id, on) is None:
            yield Gap(GapKind.CODE_ENDED, drug, f"{link.hcpcs_id} is not valid on this date")


def _packages_of_several(index: FormularyIndex, on: date) -> Iterable[Gap]:
    for ndc, rows in sorted(index.codes_of_package.items()):
        package = next(in_force(index.packages.get(ndc, ()), on), None)
        codes = [row.hcpcs_id for row in in_force(rows, on)]
        if package is None or package.drug_id is None or len(codes) < 2:  # noqa: PLR2004 - two codes of one package
            continue
        links = index.codes_of_drug.get(package.drug_id, ())
        usual = [link.hcpcs_id for link in in_force(links, on) if not link.circumstance]
        if len(set(codes) & set(usual)) > 1:
            found = f"{package} bills as {' and '.join(codes)}"
            yield Gap(GapKind.PACKAGE_OF_SEVERAL, index.drugs[package.drug_id], found)


def _packages_of_no_drug(index: FormularyIndex, on: date) -> Iterable[Gap]:
    """One gap a code: CMS lists thousands of packages of drugs that no infusion center gives."""
    counted: Counter[str] = Counter()
    for ndc, rows in index.packages.items():
        if any(package.drug_id is None for package in in_force(rows, on)):
            codes = {row.hcpcs_id for row in in_force(index.codes_of_package.get(ndc, ()), on)}
            counted.update(code for code in codes or {""} if not any(in_force(index.drugs_of_code.get(code, ()), on)))
    for code, number in sorted(counted.items()):
        meaning = index.meaning(code, on)
        called = f"{code} {meaning.label}" if meaning else code or "no code"
        packages = "1 package is" if number == 1 else f"{number} packages are"
        yield Gap(GapKind.PACKAGE_OF_NO_DRUG, None, f"{called}: {packages} of no drug in the formulary")


def _summary(index: FormularyIndex, drug: Drug, on: date, matched: str = "") -> DrugSummary:
    families = in_force(index.families.get(drug.pk, ()), on)
    links = in_force(index.codes_of_drug.get(drug.pk, ()), on)
    meanings = (index.meaning(code, on) for code in dict.fromkeys(link.hcpcs_id for link in links))
    return DrugSummary(
        drug=drug,
        profile=index.profile(drug.pk, on),
        family=next((row.family for row in families if not row.policy_layer), ""),
        codes=tuple(meaning for meaning in meanings if meaning),
        brands=index.brands.get(drug.pk, ()),
        matched=matched,
    )


def _by_code(index: FormularyIndex, text: str, on: date) -> list[DrugSummary]:
    codes = [text] if is_level_ii(text) else sorted(code for code in index.drugs_of_code if code.startswith(text))
    found = {link.drug_id: code for code in codes for link in in_force(index.drugs_of_code.get(code, ()), on)}
    return [_summary(index, index.drugs[pk], on, code) for pk, code in found.items() if index.profile(pk, on)]


def _by_name(index: FormularyIndex, text: str, on: date) -> list[DrugSummary]:
    sought = normalise(text)
    ranked: dict[int, tuple[int, str, str]] = {}
    for name, entries in index.names.items():
        if sought not in name:
            continue
        for entry in entries:
            if entry.is_misspelling or not index.profile(entry.drug_id, on):
                continue
            drug = index.drugs[entry.drug_id]
            rank = (_distance(sought, name), drug.name, "" if entry.kind == "name" else name)
            ranked[entry.drug_id] = min(rank, ranked.get(entry.drug_id, rank))
    if ranked:
        return [_summary(index, index.drugs[pk], on, rank[2]) for pk, rank in sorted(ranked.items(), key=_by_rank)]
    resolution = resolve(name=text, on=on)
    alike: Sequence[Drug] = [resolution.drug] if resolution.drug else resolution.candidates
    by_name = {drug.name: drug for drug in index.drugs.values()}
    return [
        _summary(index, drug, on)
        for drug in [*alike, *(by_name[name] for name in resolution.suggestions)]
        if index.profile(drug.pk, on)
    ]


def _by_rank(item: tuple[int, tuple[int, str, str]]) -> tuple[int, str, str]:
    return item[1]


def _distance(sought: str, name: str) -> int:
    """Return 0 for the whole name, 1 for its beginning, 2 for the beginning of a word, 3 elsewhere."""
    if sought == name:
        return 0
    if name.startswith(sought):
        return 1
    return 2 if f" {sought}" in name else 3
