"""Imports as people look at them: where each stands, in what groups it differs, what each row would change."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet

from drugs.models import (
    Decision,
    DifferenceTable,
    Drug,
    FormularyImport,
    Group,
    ImportAct,
    ImportConflict,
    ImportDifference,
    Product,
)
from drugs.models.package import parse_ndc

Viewer = AbstractBaseUser | AnonymousUser
Said = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group of an import's differences and how far people are with it."""

    group: Group
    rows: int
    open: int
    first: int
    approved: int
    withheld: int
    needs_second: bool
    to_settle: int
    """Undecided rows that a conflict hangs on."""
    open_to_viewer: int
    """Rows that the person who looks can approve with the group, those with a conflict apart."""

    @property
    def is_unit_size(self) -> bool:
        """Whether the number of units on claims would change: shown in red."""
        return self.group == Group.UNIT_SIZE

    @property
    def undecided(self) -> int:
        """Rows without a final decision."""
        return self.open + self.first


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One thing that a row says, before and after; the same on both sides where it stays."""

    label: str
    before: str
    after: str

    @property
    def is_struck(self) -> bool:
        """Whether something else stood there before."""
        return bool(self.before) and self.before != self.after


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A difference with its values in words."""

    difference: ImportDifference
    changes: tuple[ChangedValue, ...]
    can_approve: bool
    """Whether the person who looks may approve it: the second approver must be another than the first."""


def imports_for(user: Viewer) -> QuerySet[FormularyImport]:
    """Return all imports, the newest first. `PermissionDenied` for whoever does not maintain the formulary."""
    _ask(user)
    return FormularyImport.objects.select_related("release", "rolled_back_by", "requested_by").order_by("-pk")


def groups_of(formulary_import: FormularyImport, *, user: Viewer) -> list[GroupSummary]:
    """Return the groups that have rows, in the order in which they should be looked at, in one query."""
    _ask(user)
    undecided = Q(decision__in=(Decision.OPEN, Decision.FIRST))
    mine = Q(decision=Decision.FIRST, first_by=user.pk)
    counted = (
        _differences(formulary_import)
        .values("group", "needs_second")
        .annotate(
            rows=Count("pk"),
            open=Count("pk", filter=Q(decision=Decision.OPEN)),
            first=Count("pk", filter=Q(decision=Decision.FIRST)),
            approved=Count("pk", filter=Q(decision=Decision.APPROVED)),
            withheld=Count("pk", filter=Q(decision=Decision.WITHHELD)),
            to_settle=Count("pk", filter=undecided & ~mine & Q(needs_own_decision=True)),
            open_to_viewer=Count("pk", filter=undecided & ~mine & Q(needs_own_decision=False)),
        )
    )
    found = {row["group"]: row for row in counted}
    return [_summary(g, found[g.value]) for g in Group if g.value in found]


def _summary(group: Group, counted: Mapping[str, Any]) -> GroupSummary:
    return GroupSummary(**(dict(counted) | {"group": group}))


def differences_of(
    formulary_import: FormularyImport, *, user: Viewer, group: str = "", decision: str = "", search: str = ""
) -> QuerySet[ImportDifference]:
    """Return the differences of the last comparison, filtered, by code and package."""
    _ask(user)
    rows = _differences(formulary_import).select_related("first_by")
    if group in Group.values:
        rows = rows.filter(group=group)
    if decision in Decision.values:
        rows = rows.filter(decision=decision)
    elif decision == "conflict":
        rows = rows.filter(needs_own_decision=True)
    if text := search.strip():
        ndc = parse_ndc(text) or text.replace("-", "")
        rows = rows.filter(Q(code__istartswith=text) | Q(ndc__startswith=ndc) | Q(name__icontains=text))
    return rows.order_by("code", "ndc", "pk")


def lines_of(differences: Iterable[ImportDifference], *, user: Viewer) -> list[DifferenceLine]:
    """Return differences with their values in words, in two queries."""
    rows = list(differences)
    names = _Names.of(rows)
    return [
        DifferenceLine(row, tuple(_changes(row, names)), row.decision != Decision.FIRST or row.first_by_id != user.pk)
        for row in rows
    ]


def conflicts_of(formulary_import: FormularyImport, *, user: Viewer, kind: str = "") -> QuerySet[ImportConflict]:
    """Return the conflicts of the last comparison, those that are to be settled first."""
    _ask(user)
    rows = ImportConflict.objects.filter(formulary_import=formulary_import, round=formulary_import.round)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.order_by("-is_to_settle", "kind", "code", "ndc", "pk")


def acts_of(formulary_import: FormularyImport, *, user: Viewer) -> QuerySet[ImportAct]:
    """Return who did what, the newest first."""
    _ask(user)
    return ImportAct.objects.filter(formulary_import=formulary_import).order_by("-pk")


def _ask(user: Viewer) -> None:
    if not isinstance(user, User) or not user.has_perm("drugs.maintain_formulary"):
        msg = "Imports are for those who maintain the formulary."
        raise PermissionDenied(msg)


def _differences(formulary_import: FormularyImport) -> QuerySet[ImportDifference]:
    return ImportDifference.objects.filter(formulary_import=formulary_import, round=formulary_import.round)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the drugs and products that rows refer to by id."""

    drugs: dict[int, str]
    products: dict[int, str]

    @classmethod
    def of(cls, rows: list[ImportDifference]) -> "_Names":
        ids: defaultdict[str, set[int]] = defaultdict(set)
        for row in rows:
            for side in (row.before or {}, row.after or {}):
                for column in ("drug_id", "product_id"):
                    if side.get(column):
                        ids[column].add(side[column])
        drugs = Drug.objects.filter(pk__in=ids["drug_id"]).values_list("pk", "name")
        products = Product.objects.filter(pk__in=ids["product_id"]).values_list("pk", "name")
        return cls(dict(drugs) if ids["drug_id"] else {}, dict(products) if ids["product_id"] else {})


def _changes(row: ImportDifference, names: _Names) -> Iterable[ChangedValue]:
    """Yield what changes; of a row that comes or ends as a whole, all that it says."""
    before = dict(_said(DifferenceTable(row.table), row.before or {}, names))
    after = dict(_said(DifferenceTable(row.table), row.after or {}, names))
    if row.group == Group.CODE_ENDED:
        after = {label: text for label, text in after.items() if label == "Replaced by"}
    for label in dict.fromkeys((*before, *after)):
        old, new = before.get(label, ""), after.get(label, "")
        is_whole = not (row.before and row.after) or row.group == Group.CODE_ENDED
        if (is_whole and (old or new)) or old != new:
            yield ChangedValue(label, old, new)
    if row.table == DifferenceTable.PRICE and row.before and row.after:
        yield from _price_change(row.before, row.after)


def _price_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[ChangedValue]:
    old, new = Decimal(before["payment_limit"]), Decimal(after["payment_limit"])
    if old and old != new:
        yield ChangedValue("Change", "", f"{(new - old) / old * 100:+.1f} %")


def _said(table: DifferenceTable, values: Mapping[str, Any], names: _Names) -> Iterable[Said]:
    said: Iterable[Said] = ()
    if not values:
        return said
    match table:
        case DifferenceTable.MEANING:
            said = _meaning(values)
        case DifferenceTable.PRICE:
            said = (("Payment limit", f"${values.get('payment_limit')}"),)
        case DifferenceTable.STATUS:
            rate = values.get("payment_rate")
            said = (("Status", _text(values, "indicator")), ("Rate", f"${rate}" if rate else ""))
        case DifferenceTable.PACKAGE:
            said = _package(values, names)
        case DifferenceTable.PACKAGE_CODE:
            said = (
                ("Code", _text(values, "hcpcs_id")),
                ("Units in a container", _text(values, "billing_units")),
                ("Units in the package", _text(values, "package_billing_units")),
            )
        case DifferenceTable.DRUG_CODE:
            said = (
                ("Code", _text(values, "hcpcs_id")),
                ("Product", names.products.get(values.get("product_id") or 0, "")),
                ("Routes", " ".join(values.get("routes") or ())),
            )
    return said


def _meaning(values: Mapping[str, Any]) -> Iterable[Said]:
    unit = f"{values.get('per_amount', '')} {values.get('per_unit', '')}".strip()
    return (
        ("One unit", unit),
        ("Called", _text(values, "label")),
        ("Counts", _text(values, "counted_ingredient")),
        ("Replaced by", _text(values, "replaced_by_id")),
    )


def _package(values: Mapping[str, Any], names: _Names) -> Iterable[Said]:
    dose = {True: "single", False: "multiple", None: ""}[values.get("is_single_dose")]
    drug = names.drugs.get(values.get("drug_id") or 0, "")
    product = names.products.get(values.get("product_id") or 0, "")
    return (
        ("Name", _text(values, "name")),
        ("Labeler", _text(values, "labeler")),
        ("Size", _text(values, "package_size")),
        ("In package", _text(values, "package_quantity")),
        ("Dose", dose),
        ("Drug", f"{drug}, {product}" if product else drug),
    )


def _text(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value)
