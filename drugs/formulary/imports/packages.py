"""Files of packages: the NDC-HCPCS crosswalk, the NOC crosswalk, and the FDA's directory."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from drugs.cms.rows import CrosswalkRow, NdcPackageRow
from drugs.formulary.imports.comparing import Comparison, Groups, Subject
from drugs.formulary.imports.standing import StandingRow
from drugs.formulary.imports.tables import Json, Key, Values, to_json
from drugs.models import (
    ConflictKind,
    Decision,
    DifferenceTable,
    Drug,
    DrugBillingCode,
    DrugName,
    Group,
    ImportDifference,
    NameKind,
)
from drugs.models.billing import is_level_ii
from drugs.models.names import normalise
from drugs.models.package import format_ndc

PACKAGES = Groups(Group.PACKAGE_NEW, Group.PACKAGE_CHANGED)
RENAMED = Groups(Group.PACKAGE_NEW, Group.PACKAGE_RENAMED)
PAIRS = Groups(Group.CROSSWALK_NEW, Group.CROSSWALK_UNITS)


@dataclass(slots=True)
class Owners:
    """Which drug and product a package belongs to: by its code, and by its name where a code has two drugs."""

    of_code: dict[str, set[tuple[int, int | None]]]
    of_name: dict[str, set[int]]
    unknown: Counter[str] = field(default_factory=Counter)
    """Packages of each code that is of no drug."""

    @classmethod
    def on(cls, on: date) -> "Owners":
        """Return the owners by the codes and names that stand on `on`."""
        of_code: defaultdict[str, set[tuple[int, int | None]]] = defaultdict(set)
        links = DrugBillingCode.objects.in_force(on).values_list("hcpcs_id", "drug_id", "product_id")
        for code, drug, product in links:
            of_code[code].add((drug, product))
        of_name: defaultdict[str, set[int]] = defaultdict(set)
        names = DrugName.objects.current().exclude(kind=NameKind.MISSPELLING).values_list("normalised", "drug_id")
        for name, drug in names:
            of_name[name].add(drug)
        for pk, name in Drug.objects.values_list("pk", "name"):
            of_name[normalise(name)].add(pk)
        return cls(dict(of_code), dict(of_name))

    def owner(self, code: str, name: str) -> Values:
        """Return the drug and product columns, both None where the owner cannot be told without guessing."""
        links = self.of_code.get(code, set())
        drugs = {drug for drug, _ in links}
        if len(drugs) != 1:
            drugs &= self.of_name.get(normalise(name), set())
        if len(drugs) != 1:
            self.unknown[code] += 1
            return {"drug_id": None, "product_id": None}
        drug = next(iter(drugs))
        products = {product for owner, product in links if owner == drug}
        return {"drug_id": drug, "product_id": next(iter(products)) if len(products) == 1 else None}


def compare_crosswalk(comparison: Comparison, rows: Iterator[CrosswalkRow], dropped: Counter[str]) -> None:
    """Packages, and the codes that they bill as."""
    owners = Owners.on(comparison.on)
    codes_without_meaning: Counter[str] = Counter()
    meanings = comparison.standing(DifferenceTable.MEANING).rows
    for row in rows:
        if row.code and not is_level_ii(row.code):
            dropped["not a HCPCS Level II code"] += 1
            continue
        if row.ndc is None:
            dropped["no NDC"] += 1
            continue
        subject = Subject(row.code, row.ndc, row.name, row.line)
        _propose_package(comparison, row, subject, owners)
        if not row.code:
            continue
        units: Values = {
            "billing_units": to_json(row.billing_units),
            "package_billing_units": to_json(row.package_billing_units),
        }
        comparison.propose(DifferenceTable.PACKAGE_CODE, (row.ndc, row.code), units, groups=PAIRS, subject=subject)
        if (row.code,) not in meanings:
            codes_without_meaning[row.code] += 1
    comparison.end_unseen(DifferenceTable.PACKAGE, Group.PACKAGE_ENDED)
    comparison.settle_repeated()
    moved = _end_pairs(comparison)
    _move_drugs(comparison, moved)
    _report_codes(comparison, owners.unknown, codes_without_meaning)
    _report_two_codes(comparison)
    comparison.flush()


def _propose_package(comparison: Comparison, row: CrosswalkRow, subject: Subject, owners: Owners) -> None:
    standing = comparison.standing(DifferenceTable.PACKAGE)
    key = (subject.ndc,)
    if key in standing.seen:
        # A package stands in the file once for each of its codes.
        return
    known = standing.rows.get(key)
    said: Values = {
        "name": row.name[:200],
        "labeler": row.labeler[:200],
        "package_size": to_json(row.package_size),
        "package_quantity": to_json(row.package_quantity),
    }
    if known is None or known.values["drug_id"] is None:
        said |= owners.owner(row.code, row.name)
    is_only_renamed = known is not None and all(
        known.values[column] == value for column, value in said.items() if column not in {"name", "labeler"}
    )
    comparison.propose(
        DifferenceTable.PACKAGE, key, said, groups=RENAMED if is_only_renamed else PACKAGES, subject=subject
    )


def _end_pairs(comparison: Comparison) -> list[tuple[StandingRow, Values]]:
    """Pairs that are no longer listed end; where the package has one other code instead, it moved. Return the moves."""
    ended: defaultdict[str, list[tuple[Key, StandingRow]]] = defaultdict(list)
    for key, row in comparison.ended(DifferenceTable.PACKAGE_CODE):
        ended[str(row.values["ndc"])].append((key, row))
    new: defaultdict[str, list[ImportDifference]] = defaultdict(list)
    for difference in comparison.found().filter(group=Group.CROSSWALK_NEW, ndc__in=list(ended)):
        new[difference.ndc].append(difference)
    names = {key[0]: row.values["name"] for key, row in comparison.standing(DifferenceTable.PACKAGE).rows.items()}
    moves: list[tuple[StandingRow, Values]] = []
    gone: list[int] = []
    for ndc, pairs in ended.items():
        name = str(names.get(ndc) or "")
        if len(pairs) == 1 and len(new[ndc]) == 1 and new[ndc][0].effective_until == comparison.said_later:
            (key, row), successor = pairs[0], new[ndc][0]
            subject = Subject(successor.code, ndc, name, successor.line)
            after: Values = dict(successor.after or {})
            comparison.change(
                DifferenceTable.PACKAGE_CODE, Group.CROSSWALK_MOVED, key, row, after=after, subject=subject
            )
            moves.append((row, after))
            gone.append(successor.pk)
            continue
        for key, row in pairs:
            subject = Subject(str(row.values["hcpcs_id"]), ndc, name)
            comparison.change(
                DifferenceTable.PACKAGE_CODE, Group.CROSSWALK_ENDED, key, row, after=None, subject=subject
            )
    comparison.found().filter(pk__in=gone, decision=Decision.OPEN).delete()
    comparison.flush()
    return moves


def _move_drugs(comparison: Comparison, moves: list[tuple[StandingRow, Values]]) -> None:
    """A drug whose packages moved to a code of no drug bills by that code from now on.

    The old link ends with it where no package of the drug is left under the old code.
    """
    packages = comparison.standing(DifferenceTable.PACKAGE).rows
    links = comparison.standing(DifferenceTable.DRUG_CODE)
    linked = {key[1] for key in links.rows}
    still = comparison.standing(DifferenceTable.PACKAGE_CODE)
    left = {(packages[key[0],].values["drug_id"], key[1]) for key in still.seen if (key[0],) in packages}
    done: set[Key] = set()
    replaced: set[int] = set()
    for row, after in moves:
        package = packages.get((str(row.values["ndc"]),))
        drug = package.values["drug_id"] if package else None
        old, new = row.values["hcpcs_id"], after["hcpcs_id"]
        if drug is None or new in linked:
            continue
        for key, link in links.rows.items():
            target: Key = (_id(drug), str(new), key[2])
            if key[:2] != (drug, old) or target in done:
                continue
            done.add(target)
            is_last = (drug, old) not in left and link.pk not in replaced
            replaced.add(link.pk)
            subject = Subject(str(new), "", _drug_name(drug))
            values: Values = link.values | {"hcpcs_id": new}
            if is_last:
                comparison.change(DifferenceTable.DRUG_CODE, Group.DRUG_MOVED, key, link, after=values, subject=subject)
            else:
                comparison.differ(
                    DifferenceTable.DRUG_CODE, Group.DRUG_MOVED, target, after=values, before=None, subject=subject
                )


def _report_codes(comparison: Comparison, unknown: Counter[str], without_meaning: Counter[str]) -> None:
    meanings = comparison.standing(DifferenceTable.MEANING).rows
    for code, number in sorted(unknown.items()):
        label = meanings[code,].values["label"] if (code,) in meanings else ""
        packages = "1 package belongs" if number == 1 else f"{number} packages belong"
        text = f"{code or 'No code'} {label}: {packages} to no drug of the formulary, or to one of several."
        comparison.conflict(ConflictKind.NO_DRUG, Subject(code), " ".join(text.split()))
    for code, number in sorted(without_meaning.items()):
        packages = "1 package" if number == 1 else f"{number} packages"
        text = (
            f"{code} has {packages} and no meaning on this date: load the price file or the HCPCS file of the quarter."
        )
        comparison.conflict(ConflictKind.NO_MEANING, Subject(code), text)


def _report_two_codes(comparison: Comparison) -> None:
    """Packages that now have two codes: both are true, and which is billed depends on more than the package."""
    kept: defaultdict[str, list[str]] = defaultdict(list)
    for ndc, code in sorted(comparison.standing(DifferenceTable.PACKAGE_CODE).seen, key=str):
        kept[str(ndc)].append(str(code))
    found = comparison.found().filter(group__in=(Group.CROSSWALK_NEW, Group.CROSSWALK_MOVED)).order_by("ndc", "code")
    batch: list[ImportDifference] = []
    for difference in found.iterator(chunk_size=2000):
        if batch and batch[0].ndc != difference.ndc:
            _settle_two(comparison, batch, kept)
            batch = []
        batch.append(difference)
    if batch:
        _settle_two(comparison, batch, kept)
    double = sum(len(codes) > 1 for codes in kept.values())
    if double:
        text = f"{double} packages keep the two codes or more that they have had before."
        comparison.conflict(ConflictKind.TWO_CODES, Subject(), text)


def _settle_two(comparison: Comparison, batch: list[ImportDifference], kept: dict[str, list[str]]) -> None:
    first = batch[0]
    codes = sorted({*(d.code for d in batch), *kept.get(first.ndc, ())})
    if len(codes) == 1:
        return
    text = (
        f"{format_ndc(first.ndc)} {first.name} bills as {' and '.join(codes)}: a line with this package is ambiguous."
    )
    subject = Subject(first.code, first.ndc, first.name, first.line)
    comparison.conflict(ConflictKind.TWO_CODES, subject, text, is_to_settle=True)
    comparison.found().filter(pk__in=[d.pk for d in batch]).update(needs_own_decision=True)


def compare_fda_packages(comparison: Comparison, rows: Iterator[NdcPackageRow], dropped: Counter[str]) -> None:
    """Whether a container is for one dose, of packages that the formulary knows; the FDA lists 250,000."""
    packages = comparison.standing(DifferenceTable.PACKAGE)
    for row in rows:
        key: Key = (row.ndc,)
        known = packages.rows.get(key)
        if known is None or row.is_single_dose is None:
            dropped["package not in the formulary" if known is None else "container not stated"] += 1
            continue
        if key in packages.seen or known.values["is_single_dose"] == row.is_single_dose:
            continue
        packages.seen.add(key)
        subject = Subject("", row.ndc, str(known.values["name"]), row.line)
        contradicts = known.values["is_single_dose"] is not None
        if contradicts:
            said = "one dose" if row.is_single_dose else "several doses"
            text = f"{format_ndc(row.ndc)} {subject.name}: the FDA says {said}, {known.source} says otherwise."
            comparison.conflict(ConflictKind.PUBLISHERS, subject, text, is_to_settle=True)
        comparison.change(
            DifferenceTable.PACKAGE,
            Group.PACKAGE_CHANGED,
            key,
            known,
            after=known.values | {"is_single_dose": row.is_single_dose},
            subject=subject,
            needs_own_decision=contradicts,
        )
    comparison.flush()


def _id(value: Json) -> int:
    if not isinstance(value, int):
        msg = f"{value!r} is no id"
        raise TypeError(msg)
    return value


def _drug_name(drug: Json) -> str:
    return Drug.objects.values_list("name", flat=True).get(pk=_id(drug))
